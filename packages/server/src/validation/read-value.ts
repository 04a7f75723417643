import type { Issue } from '@flaghoist/core'
import type { z } from 'zod'
import { issueText, shown } from './issue-text.ts'

/** A value that matches its schema, or its defects. */
export type ReadValue<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: readonly Issue[] }

/** Further issues say little more, and a response must not outgrow its request. */
const MAX_ISSUES = 20
const MAX_NAME = 100

type AnyIssue = z.core.$ZodIssue

/** Parses a value by a schema, and describes its defects in plain English. */
export function readValue<T>(schema: z.ZodType<T>, given: unknown): ReadValue<T> {
  const parsed = schema.safeParse(given, {
    error: (issue) =>
      issueText(issue, Number.isNaN(issue.input) ? valueAt(given, issue.path) : issue.input),
  })
  if (parsed.success) return { value: parsed.data }
  const issues = parsed.error.issues.flatMap((issue) => meantIssues(issue)).slice(0, MAX_ISSUES)
  return {
    issues: issues.map((issue) => ({
      path: pathOf(issue).join('.'),
      message: capitalised(withValue(issue, issue.message, valueAt(given, issue.path))),
    })),
  }
}

/** The path of a defect. That of an unknown member is the path of the member. */
function pathOf(issue: AnyIssue): readonly PropertyKey[] {
  const { path } = issue
  return issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]!.slice(0, MAX_NAME)] : path
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Adds the value to the text that a schema defines for its pattern. */
function withValue(
  { code, format }: { code?: string; format?: string },
  text: string,
  value: unknown,
) {
  return code === 'invalid_format' && format === 'regex' && typeof value === 'string'
    ? `${shown(value)} is not valid. ${text}`
    : text
}

/**
 * The issues of the only alternative of a union that has the members of the value. Otherwise the
 * issue of the union itself, which names all alternatives.
 */
function meantIssues(issue: AnyIssue): readonly AnyIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.map((errors) => errors.flatMap(meantIssues)).filter(isMeant)
  if (meant.length !== 1) return [issue]
  return meant[0]!.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** Checks that none of an alternative's issues concerns the value as a whole. */
function isMeant(issues: readonly AnyIssue[]): boolean {
  return issues.every(
    ({ path, code, message }) =>
      path.length > 0 &&
      !(path.length === 1 && code !== 'unrecognized_keys' && message.endsWith('is missing.')),
  )
}

function valueAt(given: unknown, path: readonly PropertyKey[] = []): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<PropertyKey, unknown> | null | undefined)?.[name],
    given,
  )
}
