import { SvelteMap } from 'svelte/reactivity'
import { RequestError } from '../api/problem.ts'
import { isComplete } from '../conditions/condition.ts'
import { isWritten, type Note } from '../flag/note.ts'
import { scopeName } from '../flag/scope-chain.ts'
import { announceChange } from '../flag/undo.ts'
import { renewIfLost } from '../live/activity.svelte.ts'
import type { Snapshot } from '../live/snapshot.svelte.ts'
import { inProject } from '../project/project.svelte.ts'
import { missingRight } from '../session/missing-right.ts'
import { type Edit, rebased } from './rebase.ts'
import { rulesOf } from './rule-list.ts'
import { isSame, type Member, type Settings, viewOf, withoutMember } from './settings.ts'
import { type SettingsWrite, type StoredSettings, saveSettings } from './settings-requests.ts'

interface Draft extends Edit {
  /** Version of the settings that the edit began with. */
  readonly version: string
  /** True while the edits, or earlier ones, are being stored. */
  readonly isSaving: boolean
}

/** Unsaved edits by project, flag and scope. They outlast the screen, until the page is closed. */
const drafts = new SvelteMap<string, Draft>()

export const hasDrafts = (): boolean => drafts.size > 0

/** The settings of a flag in a scope, as a person edits them. */
export class SettingsEditor {
  /** Right that the key lacks; undefined if it may write. */
  readonly right: string | undefined

  readonly #snapshot: Snapshot<StoredSettings>
  readonly #key: string
  readonly #view = $derived.by(() => this.#viewOf(this.settings))

  /** @param snapshot stored settings, loaded, and always of the same flag and scope */
  constructor(snapshot: Snapshot<StoredSettings>) {
    this.#snapshot = snapshot
    const { flag, scope } = snapshot.data!
    this.#key = `${inProject().project} ${flag}@${scope}`
    this.right = missingRight(scope)
  }

  /** Settings as they are stored now. */
  get stored(): StoredSettings {
    return this.#snapshot.data!
  }

  /** Edits that are not saved. */
  get draft(): Draft | undefined {
    return drafts.get(this.#key)
  }

  /** Settings of the scope itself, with the edits. */
  get settings(): Settings {
    return this.draft?.edited ?? this.stored.settings
  }

  /** Settings that the scope has, its own or inherited, with the edits. */
  get view() {
    return this.#view
  }

  /** True if the settings have been stored again since the edit began. */
  get isOutdated(): boolean {
    const { draft } = this
    return draft !== undefined && !draft.isSaving && draft.version !== this.stored.version
  }

  /** Part of the edits that cannot be stored yet, in words; undefined if they are complete. */
  get missing(): string | undefined {
    const { settings } = this
    if (!rulesOf(settings).every(isComplete))
      return 'Each condition needs an attribute and a value.'
    return settings.note && !isWritten(settings.note) ? 'The note needs a reason.' : undefined
  }

  /** Returns the scope that would set a member if this scope did not. */
  inheritedFrom(member: Member): string | undefined {
    return this.#viewOf(withoutMember(this.settings, member)).origins[member]
  }

  /** Sets members in the scope. */
  set(members: Settings): void {
    this.#edit({ ...this.settings, ...members })
  }

  /** Sets the note of the scope; undefined removes it. */
  setNote(note: Note | undefined): void {
    const { note: _, ...others } = this.settings
    this.#edit(note === undefined ? others : { ...others, note })
  }

  /** Leaves a member to the more general scope. */
  inherit(member: Member): void {
    this.#edit(withoutMember(this.settings, member))
  }

  discard(): void {
    drafts.delete(this.#key)
  }

  /** Carries the edits over to the settings as they are stored now. */
  rebase(): void {
    const { draft } = this
    this.discard()
    if (draft !== undefined) this.#edit(rebased(draft, this.stored.settings))
  }

  /**
   * Stores the edits, and announces the change. If another person has changed the settings first,
   * the edits are outdated. Those that are made meanwhile stay.
   */
  async save(given: Omit<SettingsWrite, 'settings' | 'version'>): Promise<void> {
    const draft = this.draft!
    const { edited: settings, version } = draft
    // The person may open another scope before the server responds.
    const { flag, scope } = this.stored
    this.#keep({ ...draft, isSaving: true })
    try {
      const seq = await saveSettings({ flag, scope }, { ...given, settings, version })
      await this.#snapshot.reload()
      const { stored } = this
      const isCurrent = isSame(stored.settings, settings)
      this.#endSave(settings, isCurrent ? stored.version : version)
      renewIfLost()
      announceChange(`${flag} is changed in ${scopeName(scope)}`, seq)
    } catch (error) {
      this.#endSave(draft.base, version)
      if (!(error instanceof RequestError && error.problem.code === 'VERSION_CONFLICT')) throw error
      await this.#snapshot.reload()
    }
  }

  /** Keeps the edits that differ from the settings that are stored after a save. */
  #endSave(base: Settings, version: string): void {
    const { draft } = this
    if (draft !== undefined) this.#keep({ ...draft, base, version, isSaving: false })
  }

  #viewOf(settings: Settings) {
    const { scope, layers } = this.stored
    return viewOf(settings, scope, layers)
  }

  #edit(edited: Settings): void {
    const { settings: base, version } = this.stored
    this.#keep({ ...(this.draft ?? { base, version, isSaving: false }), edited })
  }

  #keep(draft: Draft): void {
    // During a save, even the settings that the edit began with differ from those on their way.
    if (!draft.isSaving && isSame(draft.base, draft.edited)) drafts.delete(this.#key)
    else drafts.set(this.#key, draft)
  }
}
