import { randomUUID } from 'node:crypto'
import { alreadyExists, notFound, preconditionFailed, quotasExceeded } from '../http/api-error.ts'
import { type Call, param } from '../http/call.ts'
import type { Keys } from '../http/paging.ts'
import type { Answer, Method, Route } from '../http/router.ts'
import { checkOrganization, listAnswer, permitIam, requireOrganization } from '../iam/iam-call.ts'
import type { World } from '../world.ts'
import { projectsOf } from './projects.ts'
import type { ProjectRecord } from './records.ts'

/** The projects of the organization. */
export function projectRoutes(world: World): Route[] {
  const route = (name: string, method: Method, path: string, handle: (call: Call) => Answer): Route => {
    return { name: `projects.${name}`, method, pattern: `/account/v3/projects${path}`, handle }
  }
  const named = (call: Call, verb: 'read' | 'write') => {
    permitIam(world, call, `project:${verb}`)
    return findProject(world, param(call, 'project_id'))
  }
  return [
    route('create', 'POST', '', (call) => createProject(world, call)),
    route('list', 'GET', '', (call) => listProjects(world, call)),
    route('get', 'GET', '/:project_id', (call) => ({ status: 200, body: view(world, named(call, 'read')) })),
    route('update', 'PATCH', '/:project_id', (call) => updateProject(world, named(call, 'write'), call)),
    route('delete', 'DELETE', '/:project_id', (call) => deleteProject(world, named(call, 'write'))),
  ]
}

// --- internal ---

const nameRules = { maxLength: 64 } as const
const descriptionRules = { maxLength: 200 } as const

const orders: Keys<ProjectRecord> = {
  created_at: (project) => project.createdAt.getTime(),
  name: (project) => project.name,
}

function createProject(world: World, call: Call): Answer {
  permitIam(world, call, 'project:write')
  const body = call.body()
  checkOrganization(world, body)
  const name = body.text('name', { required: true, ...nameRules }) ?? ''
  const description = body.text('description', descriptionRules) ?? ''
  body.done()
  const project = { id: randomUUID(), name, description, createdAt: call.now, updatedAt: call.now }
  refuseTaken(world, project)
  const { size } = world.projects
  const limit = world.limits.projects
  if (size >= limit) throw quotasExceeded('project', limit, size, world.iam.organizationId)
  world.projects.set(project.id, project)
  return { status: 200, body: view(world, project) }
}

function listProjects(world: World, call: Call): Answer {
  permitIam(world, call, 'project:read')
  requireOrganization(world, call)
  const name = call.query.text('name')
  const ids = call.query.texts('project_ids')
  const matches = projectsOf(world).filter(
    (project) => (!name || project.name === name) && (!ids || ids.includes(project.id)),
  )
  return listAnswer(call, 'projects', matches, orders, (project) => view(world, project))
}

function updateProject(world: World, project: ProjectRecord, call: Call): Answer {
  const body = call.body()
  const name = body.text('name', { required: body.has('name'), ...nameRules }) ?? project.name
  const description = body.text('description', descriptionRules) ?? project.description
  body.done()
  const changed = { ...project, name, description, updatedAt: call.now }
  refuseTaken(world, changed)
  world.projects.set(project.id, changed)
  return { status: 200, body: view(world, changed) }
}

function deleteProject(world: World, { id }: ProjectRecord): Answer {
  if (id === world.iam.organizationId)
    throw preconditionFailed('resource_not_usable', 'the default project cannot be deleted')
  if ([...world.secrets.all()].some((secret) => secret.projectId === id))
    throw preconditionFailed('resource_not_usable', 'the project is not empty')
  world.projects.delete(id)
  return { status: 204 }
}

/** Scaleway calls the resource of this 404 `project_id` (recorded). */
function findProject(world: World, id: string): ProjectRecord {
  const project = projectsOf(world).find((one) => one.id === id.toLowerCase())
  if (!project) throw notFound('project_id', id)
  return project
}

function refuseTaken(world: World, { id, name }: ProjectRecord): void {
  const holder = projectsOf(world).find((project) => project.name === name && project.id !== id)
  if (holder) throw alreadyExists('project', holder.id, 'a project of this name exists')
}

/** Fields and their order as recorded. */
function view(world: World, { id, name, description, createdAt, updatedAt }: ProjectRecord) {
  return {
    id,
    name,
    organization_id: world.iam.organizationId,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    description,
    qualification: null,
  }
}
