/** True while SvelteKit builds an app; tests set it. */
export let building = false

export function setBuilding(isBuilding: boolean): void {
  building = isBuilding
}
