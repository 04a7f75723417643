import { STEADY, send } from './send.ts'

export const options = STEADY

export const run = () => send('report')
