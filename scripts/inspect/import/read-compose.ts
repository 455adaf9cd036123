import { isRecord } from '../../lib/record.ts'
import { envFilesOf } from '../inputs/compose-env-files.ts'
import { at, type FoundDocument, recordAt, textAt } from '../inputs/found-object.ts'
import { type GivenVariable, isSecretVariable } from '../inputs/secret-variable.ts'
import type { FoundSecret, FoundWorkload, Leftover } from './facts.ts'

export interface ReadCompose {
  readonly workloads: readonly FoundWorkload[]
  readonly secrets: readonly FoundSecret[]
  readonly leftovers: readonly Leftover[]
}

/**
 * Services of a compose file as workloads. A variable is a secret where its value comes from outside of the file, or where its
 * name says so; the values of others are settings. No value is kept.
 */
export function readCompose(documents: readonly FoundDocument[]): ReadCompose {
  const read = documents.flatMap((document) =>
    Object.entries(recordAt(document.value, 'services'))
      .filter(
        ([, service]) =>
          isRecord(service) && ['image', 'build', 'environment', 'env_file'].some((one) => one in service),
      )
      .map(([name, service]) => readService(name, service, document)),
  )
  const workloads = read.flatMap(({ workload }) => workload ?? [])
  const where = documents[0]?.where ?? ''
  const secrets = [variablesFile, secretFiles].flatMap((name) => {
    const uses = workloads.flatMap((workload) => workload.uses).filter(({ secret }) => secret === name)
    const keys = [...new Set(uses.flatMap((use) => use.keys ?? []))]
    return keys.length === 0 ? [] : [{ ...{ namespace: '', name, type: undefined, keys, where }, ...isFileOfMachine }]
  })
  return { workloads, secrets, leftovers: read.flatMap(({ leftovers }) => leftovers) }
}

// --- internal ---

/** What stands for the variables, and for the files below /run/secrets, until the catalogue has them. */
const variablesFile = '.env'
const secretFiles = 'files'
const isFileOfMachine = { isManaged: false, isFile: true } as const

function readService(name: string, service: unknown, document: FoundDocument) {
  const { where } = document
  const image = textAt(service, 'image') ?? ''
  const left = (code: string, why: string, todo: string): Leftover => ({
    code,
    where,
    what: `service ${name}`,
    why,
    todo,
  })
  if (at(service, 'build') === undefined && infrastructure.test(image)) {
    const todo = 'Say in `egress` of the tiers where it is.'
    return {
      workload: undefined,
      leftovers: [left('SERVICE_FOREIGN', `it runs ${image}, which is not the application`, todo)],
    }
  }
  const files = secretsOf(service)
  const workload: FoundWorkload = {
    ...{ namespace: '', kind: 'Deployment', name: named(name), podLabels: {}, labels: {}, where },
    ports: portsOf(service).map((port) => ({ name: undefined, port, protocol: 'TCP' })),
    uses: [
      ...secretVariablesOf(service, document).map(({ name: key, hasDefault }) => ({
        ...{ secret: variablesFile, keys: [key], optional: hasDefault },
      })),
      ...files.map((key) => ({ secret: secretFiles, keys: [key], optional: false })),
    ],
  }
  const unread = envFilesOf(service).filter(({ path }) => document.envFiles?.has(path) !== true)
  const todo = 'Name an example of that file with --from too, and add what is missing.'
  const told = `Mount the Secret of the tier there: ${files.join(', ')}.`
  return {
    workload,
    leftovers: [
      ...(unread.length > 0
        ? [left('ENV_FILE_UNREAD', 'its variables are in a file of values that was not read', todo)]
        : []),
      ...(files.length > 0 ? [left('SECRET_FILES', 'it reads files below /run/secrets', told)] : []),
    ],
  }
}

/** Programs that a team runs beside its own. */
const infrastructure =
  /(^|\/)(postgres\w*|postgis|mysql|mariadb|mongo\w*|redis|valkey|memcached|rabbitmq|nats|elasticsearch|opensearch|minio|mailhog|mailpit|nginx|traefik|adminer|localstack)(:|@|$)/

interface Variable extends GivenVariable {
  readonly hasDefault: boolean
}

/** What `environment` says takes the place of what the files say. */
function secretVariablesOf(service: unknown, { envFiles }: FoundDocument): Pick<Variable, 'name' | 'hasDefault'>[] {
  const own = variablesOf(at(service, 'environment'))
  const isOwn = new Set(own.map(({ name }) => name))
  const named = envFilesOf(service).flatMap(({ path }) => envFiles?.get(path) ?? [])
  const others = new Map(named.filter(({ name }) => !isOwn.has(name)).map((one) => [one.name, one]))
  return [
    ...own.filter(isSecretVariable),
    ...[...others.values()].flatMap(({ name, isSecret }) => (isSecret ? { name, hasDefault: false } : [])),
  ]
}

/** The files below /run/secrets, by the names they have there. Source: Compose Specification, secrets. */
function secretsOf(service: unknown): string[] {
  const listed = at(service, 'secrets')
  return (Array.isArray(listed) ? listed : []).flatMap((one) => {
    const target = typeof one === 'string' ? one : (textAt(one, 'target') ?? textAt(one, 'source'))
    const name = target?.split('/').at(-1)
    return name ? [name] : []
  })
}

/** A map of names and values, or a list of `NAME=value` and `NAME`. */
function variablesOf(environment: unknown): Variable[] {
  const pairs = Array.isArray(environment)
    ? environment
        .filter((one) => typeof one === 'string')
        .map((one) => /^([^=]+)(?:=([\s\S]*))?$/.exec(one)?.slice(1) ?? [])
    : Object.entries(isRecord(environment) ? environment : {})
  return pairs.flatMap(([name, value]) => {
    if (typeof name !== 'string') return []
    const text = value === null || value === undefined ? undefined : String(value)
    return [{ name, value: text, hasDefault: /\$\{\w+:?-/.test(text ?? '') }]
  })
}

function portsOf(service: unknown): number[] {
  const listed = ['ports', 'expose'].flatMap((field) => {
    const value = at(service, field)
    return Array.isArray(value) ? value : []
  })
  const ports = listed.map((port) => Number(at(port, 'target') ?? /(\d+)(\/\w+)?$/.exec(String(port))?.[1]))
  return [...new Set(ports)].filter((port) => Number.isInteger(port) && port > 0)
}

/** A name that Kubernetes accepts: compose also has underscores. */
function named(service: string): string {
  return (
    service
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'service'
  )
}
