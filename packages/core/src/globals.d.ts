/** The only platform object in core. The server's model uses it; evaluation does not. */
declare class TextEncoder {
  encode(text: string): Uint8Array
}
