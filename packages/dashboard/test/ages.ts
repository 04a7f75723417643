/** Source of a pattern of the age of what a test has just done, however slow the machine is. */
export const RECENT = String.raw`(just now|\d0 sec\. ago|1 min\. ago)`
