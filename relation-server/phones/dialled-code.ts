// What a buyer dialled beyond the code of the service: the deep dial that leads straight to a machine. Pure.

/** What was dialled behind the service's own code: `*123*4021#` of `*123#` leaves `4021`, `*123#` nothing. */
export function afterCode(dialled: string, code: string): string {
  const base = code.replace(/#$/, '')
  const bare = dialled.trim().replace(/#$/, '')
  if (bare === base) return ''
  return bare.startsWith(`${base}*`) ? bare.slice(base.length + 1) : dialled
}
