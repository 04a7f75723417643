// The variant without web fonts: pages use the fonts of the system.
export { default } from 'vitepress/theme-without-fonts'
