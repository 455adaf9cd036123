import type { World } from '../world.ts'
import type { ProjectRecord } from './records.ts'

/**
 * The projects that were created, and those that a secret or a rule names: any id is taken for a project of the organization
 * there, so that nothing has to be created before. Such a one is called by its id.
 */
export function projectsOf({ projects, secrets, iam }: Pick<World, 'projects' | 'secrets' | 'iam'>): ProjectRecord[] {
  const all = new Map(projects)
  const add = (id: string, at: Date) => {
    if (!all.has(id)) all.set(id, { id, name: id, description: '', createdAt: at, updatedAt: at })
  }
  for (const { projectId, createdAt } of secrets.all()) add(projectId, createdAt)
  for (const { rules, createdAt } of iam.policies.values())
    for (const { projectIds } of rules) for (const id of projectIds ?? []) add(id, createdAt)
  return [...all.values()]
}
