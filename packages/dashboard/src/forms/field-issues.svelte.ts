import { getContext, setContext } from 'svelte'
import type { Problem } from '../api/problem.ts'

const CONTEXT = Symbol('issues of a form')

/** Refusals that are about the key of an entity, although they name no member. */
const ABOUT_KEYS: ReadonlySet<string> = new Set(['ENTITY_EXISTS', 'FLAG_KEY_CASE'])

/** The reason why the server refused one field of a form. */
interface FieldIssue {
  /** Words of the server; undefined until a refusal names the field. */
  readonly text: string | undefined
  /** Forgets the words, such as after an edit of the field. */
  clear(): void
}

interface IssueField extends FieldIssue {
  /** Member of the request that the field edits, such as `variants.0.value`. */
  readonly member: string
  show(text: string): void
}

/** The fields of a form, which show the issues of a refused request that are about them. */
class FieldIssues {
  readonly #fields = new Set<IssueField>()

  /** Adds a field. Returns a function that removes it, for `$effect`. */
  add(field: IssueField): () => void {
    this.#fields.add(field)
    return () => this.#fields.delete(field)
  }

  /** Shows the issues of a problem at their fields. Returns the problem with all others. */
  show(problem: Problem): Problem {
    for (const field of this.#fields) field.clear()
    const { issues = keyIssues(problem), ...rest } = problem
    const shown = issues.filter(({ path, message }) => {
      const field = this.#fieldOf(path)
      field?.show(message)
      return field !== undefined
    })
    if (shown.length === 0) return problem
    // A request may name the text of a field twice, such as the key of a variant that it serves.
    const messages = new Set(shown.map(({ message }) => message))
    const others = issues.filter(({ message }) => !messages.has(message))
    const detail = 'Each marked field says why.'
    return { ...rest, detail, ...(others.length > 0 && { issues: others }) }
  }

  /** Returns the field of a member, or of the closest member around it. */
  #fieldOf(path: string): IssueField | undefined {
    return [...this.#fields]
      .filter(({ member }) => path === member || path.startsWith(`${member}.`))
      .sort((a, b) => b.member.length - a.member.length)[0]
  }
}

const keyIssues = ({ code, detail }: Problem) =>
  ABOUT_KEYS.has(code) ? [{ path: 'key', message: detail }] : []

/** Collects the fields of a form, for the initialisation of its component. */
export function collectIssues(): FieldIssues {
  return setContext(CONTEXT, new FieldIssues())
}

/**
 * Returns the issue of a field, for the initialisation of its component.
 * @param member member of the request that the field edits; undefined if the form shows all issues
 */
export function fieldIssue(member: () => string | undefined): FieldIssue {
  const issues = getContext<FieldIssues | undefined>(CONTEXT)
  let text = $state<string>()
  const issue = {
    get text() {
      return text
    },
    get member() {
      return member() ?? ''
    },
    show(message: string) {
      text = text === undefined ? message : `${text} ${message}`
    },
    clear() {
      text = undefined
    },
  }
  $effect(() => (member() === undefined ? undefined : issues?.add(issue)))
  return issue
}

/** Returns the attribute of a field for its hint and its issue; undefined without both. */
export function describedBy(
  id: string,
  { hint, member }: { readonly hint?: string | undefined; readonly member?: string | undefined },
): string | undefined {
  return [hint && `${id}-hint`, member && `${id}-issue`].filter(Boolean).join(' ') || undefined
}
