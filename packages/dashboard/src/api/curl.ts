/**
 * Returns the command that sends a request to the admin API, for people who prefer a terminal.
 * @param path path after that of the API, such as `projects/shop/flags`
 * @param body JSON of a POST; without it, the command sends a GET
 */
export function curlCommand(path: string, body?: string): string {
  const url = `"$FLAGHOIST_URL/api/v1/${path}"`
  const key = '-H "Authorization: Bearer $FLAGHOIST_ADMIN_KEY"'
  const parts =
    body === undefined
      ? [`curl ${url}`, key]
      : [`curl -X POST ${url}`, key, '-H "Content-Type: application/json"', `-d '${body}'`]
  return parts.join(' \\\n  ')
}
