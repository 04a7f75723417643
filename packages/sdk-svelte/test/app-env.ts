/** Whether SvelteKit is building an app: tests say so. */
export let building = false

export function setBuilding(isBuilding: boolean): void {
  building = isBuilding
}
