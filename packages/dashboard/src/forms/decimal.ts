/** Pattern of a field for a number that is not negative, with a decimal point or comma. */
export const DECIMAL = String.raw`\d+([.,]\d+)?`

/** Returns the number of a text that matches {@link DECIMAL}. */
export const numberOf = (text: string): number => Number(text.trim().replace(',', '.'))
