/** What tells which Scaleway organization an environment belongs to. */
export interface OrganizationName {
  readonly organizationId?: string | undefined
}

/** Unknown counts as the same: the environments of an application usually are in one organization. */
export function mayShareOrganization(a: OrganizationName, b: OrganizationName): boolean {
  return a.organizationId === b.organizationId || a.organizationId === undefined || b.organizationId === undefined
}

/** The environments of each organization that is named; those that name none are in every one of them. */
export function byOrganization<T extends OrganizationName>(environments: readonly T[]): T[][] {
  const ids = [...new Set(environments.map(({ organizationId }) => organizationId))]
  const named = ids.filter((id) => id !== undefined)
  return (named.length > 0 ? named : ids).map((organizationId) =>
    environments.filter((environment) => mayShareOrganization(environment, { organizationId })),
  )
}
