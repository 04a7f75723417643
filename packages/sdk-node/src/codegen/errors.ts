import { defineErrors } from '@flaghoist/core/internal'

/** The errors of `flaghoist-codegen`. */
export const codegenErrors = {
  CODEGEN_OPTION: {
    status: 400,
    message: 'The options cannot be used: {problem}',
    hint: 'Run flaghoist-codegen --help for all options.',
  },
  CODEGEN_SOURCE: {
    status: 400,
    message: 'No flags could be read from {source}: {problem}',
    hint: 'Use a project export (GET /api/v1/projects/KEY/export) or a ruleset (GET /sdk/v1/ruleset).',
  },
  CODEGEN_REFUSED: {
    status: 502,
    message: 'The server did not return its flags: {problem}',
    hint: 'Check --url, and use a key of kind admin (with --project) or server.',
  },
  CODEGEN_OUT_OF_DATE: {
    status: 409,
    message: '{file} is out of date.',
    hint: 'Run flaghoist-codegen without --check, and commit the file.',
  },
  CODEGEN_FILE: {
    status: 500,
    message: '{file} cannot be written: {problem}',
    hint: 'Set --out to a file in an existing, writable folder.',
  },
} as const

export const codegenError = defineErrors(codegenErrors)
