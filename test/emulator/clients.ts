import { createClient } from '@scaleway/sdk-client'
import { Iamv1alpha1 } from '@scaleway/sdk-iam'
import { Secretv1beta1 } from '@scaleway/sdk-secret'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../scripts/local/emulator/emulator.ts'

export const project = '11111111-1111-4111-8111-111111111111'
export const otherProject = '22222222-2222-4222-8222-222222222222'

/** The official clients, as one key sees the emulator. */
export interface Clients {
  readonly accessKey: string
  readonly secretKey: string
  readonly secrets: Secretv1beta1.API
  readonly iam: Iamv1alpha1.API
}

export function clientsOf(emulator: Emulator, key: { accessKey: string; secretKey: string }): Clients {
  const client = createClient({
    accessKey: key.accessKey,
    secretKey: key.secretKey,
    apiURL: emulator.url,
    defaultProjectId: project,
    defaultOrganizationId: emulator.owner.organizationId,
    defaultRegion: 'fr-par',
    userAgent: 'test-agent',
  })
  return { ...key, secrets: new Secretv1beta1.API(client), iam: new Iamv1alpha1.API(client) }
}

/** The same for tools that read Scaleway's environment variables, with nothing of the user's own. */
export function variablesOf(
  emulator: Emulator,
  key: Pick<Clients, 'accessKey' | 'secretKey'>,
): Readonly<Record<string, string>> {
  return {
    PATH: process.env.PATH ?? '',
    SCW_API_URL: emulator.url,
    SCW_ACCESS_KEY: key.accessKey,
    SCW_SECRET_KEY: key.secretKey,
    SCW_DEFAULT_ORGANIZATION_ID: emulator.owner.organizationId,
    SCW_DEFAULT_PROJECT_ID: project,
    SCW_DEFAULT_REGION: 'fr-par',
  }
}

export interface World extends AsyncDisposable {
  readonly emulator: Emulator
  readonly owner: Clients
}

export async function startWorld(options: EmulatorOptions = {}): Promise<World> {
  const bugs: unknown[] = []
  const emulator = await startEmulator({ onError: (error) => bugs.push(error), ...options })
  const stop = async () => {
    await emulator.stop()
    // A bug of the emulator fails the test that met it, even when its client only saw a 500.
    if (bugs.length > 0) throw bugs[0]
  }
  return { emulator, owner: clientsOf(emulator, emulator.owner), [Symbol.asyncDispose]: stop }
}

export interface RuleInput {
  readonly sets: readonly string[]
  readonly condition?: string
  /** Default: `project`; `null` is the whole organization. */
  readonly projects?: readonly string[] | null
}

/** A new application with one policy per rule, and the clients of its key. */
export async function application({ emulator, owner }: World, ...rules: readonly RuleInput[]): Promise<Clients> {
  const { id } = await owner.iam.createApplication({ name: 'app', description: '' })
  for (const rule of rules) await policy({ emulator, owner }, id, rule)
  const key = await owner.iam.createAPIKey({ applicationId: id, description: '' })
  return clientsOf(emulator, { accessKey: key.accessKey, secretKey: key.secretKey ?? '' })
}

export async function policy(
  { owner, emulator }: Pick<World, 'owner' | 'emulator'>,
  applicationId: string,
  { sets, condition, projects = [project] }: RuleInput,
): Promise<string> {
  const scope = projects === null ? { organizationId: emulator.owner.organizationId } : { projectIds: [...projects] }
  const rule = { permissionSetNames: [...sets], condition: condition ?? '', ...scope }
  const created = await owner.iam.createPolicy({ name: 'policy', description: '', applicationId, rules: [rule] })
  return created.id
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64')
}

/** A secret with one version per payload; its id. */
export async function seed(
  { secrets }: Pick<Clients, 'secrets'>,
  fullName: string,
  ...payloads: readonly string[]
): Promise<string> {
  const cut = fullName.lastIndexOf('/')
  const place = { path: fullName.slice(0, cut) || '/', name: fullName.slice(cut + 1) }
  const { id } = await secrets.createSecret({ ...place, protected: false })
  for (const payload of payloads) await secrets.createSecretVersion({ secretId: id, data: base64(payload) })
  return id
}

export interface RawAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

export const api = '/secret-manager/v1beta1/regions/fr-par'

/** One request as it goes over the wire. A string body is sent as it is. */
export async function raw(
  emulator: Pick<Emulator, 'url'>,
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const response = await fetch(`${emulator.url}${path}`, {
    method,
    headers: { ...(token === undefined ? {} : { 'x-auth-token': token }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

/** The status a call was refused with, or 200. */
export async function statusOf(call: Promise<unknown>): Promise<number> {
  try {
    await call
    return 200
  } catch (error) {
    if (error instanceof Error && 'status' in error) return Number(error.status)
    throw error
  }
}
