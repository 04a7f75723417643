import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

// The public origin of the shop: SvelteKit accepts forms from no other origin.
const { ORIGIN } = process.env

export default defineConfig({
  plugins: [sveltekit({ adapter: adapter(), ...(ORIGIN && { paths: { origin: ORIGIN } }) })],
})
