// Rendered once, at build time: a visitor gets their variants in the browser.
export const prerender = true
