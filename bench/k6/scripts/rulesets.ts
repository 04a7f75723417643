import { fetchRuleset, STEADY } from './send.ts'

export const options = STEADY

export const run = fetchRuleset
