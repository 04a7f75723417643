import { defineErrors } from '@flaghoist/core/internal'

/** What `flaghoist-codegen` can say is wrong. */
export const codegenErrors = {
  CODEGEN_OPTION: {
    status: 400,
    message: 'The options cannot be used: {problem}',
    hint: 'flaghoist-codegen --help lists them.',
  },
  CODEGEN_SOURCE: {
    status: 400,
    message: '{source} holds no flags: {problem}',
    hint: 'Give an export of a project (GET /api/v1/projects/KEY/export) or a ruleset (GET /sdk/v1/ruleset).',
  },
  CODEGEN_REFUSED: {
    status: 502,
    message: 'The server does not give its flags: {problem}',
    hint: 'Check the url, and that the key is of kind admin (with --project) or server.',
  },
  CODEGEN_OUT_OF_DATE: {
    status: 409,
    message: '{file} is not what the flags are now.',
    hint: 'Run flaghoist-codegen without --check, and commit the file.',
  },
  CODEGEN_FILE: {
    status: 500,
    message: '{file} cannot be written: {problem}',
    hint: 'Give --out a file in a folder that is there and may be written to.',
  },
} as const

export const codegenError = defineErrors(codegenErrors)
