/** Returns the path below which clients reach the server, such as `/` or `/flags/`. */
export function publicPathOf(publicUrl: string | undefined): string {
  return new URL(publicUrl ?? 'http://localhost/').pathname.replace(/\/*$/, '/')
}
