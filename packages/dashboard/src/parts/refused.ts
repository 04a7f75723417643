import type { Attachment } from 'svelte/attachments'

/** Distance of the tooltip from its button and from the borders of the window, px. */
const GAP = 6

let refusals = 0

/** Buttons whose reason was on screen when it ended, such as one that gives way to another. */
const showing = new WeakSet<HTMLElement>()

/**
 * Refuses the action of a button for a reason. The button keeps the focus, and shows its reason on
 * focus, hover and tap, and to screen readers. Without a reason, nothing is attached.
 */
export function refused(reason: string | undefined): Attachment<HTMLElement> | undefined {
  if (reason === undefined) return undefined
  return (button) => {
    const tooltip = createTooltip(reason)
    // Inside the dialog, since all else is inert while it is open.
    const around = button.closest('[popover], dialog, main') ?? document.body
    around.append(tooltip)
    button.setAttribute('aria-disabled', 'true')
    button.setAttribute('aria-describedby', tooltip.id)
    const stop = showOnDemand(button, tooltip)
    return () => {
      stop()
      tooltip.remove()
      button.removeAttribute('aria-disabled')
      button.removeAttribute('aria-describedby')
    }
  }
}

function createTooltip(text: string): HTMLElement {
  const tooltip = document.createElement('div')
  tooltip.id = `refusal-${++refusals}`
  tooltip.className = 'tooltip'
  tooltip.role = 'tooltip'
  // It must not close the menu in which it is shown.
  tooltip.popover = 'manual'
  tooltip.textContent = text
  return tooltip
}

function showOnDemand(button: HTMLElement, tooltip: HTMLElement): () => void {
  const attached = new AbortController()
  let shown: AbortController | undefined

  const hide = () => {
    if (!shown) return
    shown.abort()
    shown = undefined
    tooltip.hidePopover()
  }
  const place = () => placeBeside(button, tooltip)

  const show = () => {
    if (shown) return
    shown = new AbortController()
    tooltip.showPopover()
    place()
    const { signal } = shown
    addEventListener('scroll', place, { capture: true, passive: true, signal })
    addEventListener(
      'pointerdown',
      ({ target }) => {
        if (!button.contains(target as Node)) hide()
      },
      { capture: true, signal },
    )
    addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape') return
        // The dialog around the button stays open.
        event.preventDefault()
        event.stopPropagation()
        hide()
      },
      { capture: true, signal },
    )
  }

  /** Hides the tooltip, unless the pointer is on its way between it and its button. */
  const leave = ({ relatedTarget }: PointerEvent) => {
    const isBetween = relatedTarget === tooltip || button.contains(relatedTarget as Node | null)
    if (!isBetween && document.activeElement !== button) hide()
  }

  const refuse = (event: Event) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    show()
  }

  // A reason that replaces another one, such as that of a preview, stays on screen.
  if (showing.delete(button) && button.matches(':hover, :focus')) show()

  const { signal } = attached
  button.addEventListener('click', refuse, { capture: true, signal })
  button.addEventListener('focus', show, { signal })
  button.addEventListener('blur', hide, { signal })
  button.addEventListener('pointerenter', show, { signal })
  button.addEventListener('pointerleave', leave, { signal })
  tooltip.addEventListener('pointerleave', leave, { signal })
  return () => {
    attached.abort()
    if (!shown) return
    shown.abort()
    showing.add(button)
  }
}

/** Places a tooltip below its button, or above it where the window ends. */
function placeBeside(button: HTMLElement, { style, offsetWidth, offsetHeight }: HTMLElement): void {
  const { left, top, bottom } = button.getBoundingClientRect()
  const isAbove = bottom + offsetHeight + GAP > innerHeight
  const most = document.documentElement.clientWidth - offsetWidth - GAP
  style.left = `${Math.max(GAP, Math.min(left, most))}px`
  style.top = `${isAbove ? top - offsetHeight - GAP : bottom + GAP}px`
}
