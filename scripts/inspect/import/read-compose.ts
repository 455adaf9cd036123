import { isRecord } from '../../lib/record.ts'
import { envFilesOf } from '../inputs/compose-env-files.ts'
import { at, type FoundDocument, textAt } from '../inputs/found-object.ts'
import { type GivenVariable, isSecretVariable } from '../inputs/secret-variable.ts'
import { type ComposeService, composeServices, type ServicePart } from './compose-services.ts'
import { type FoundSecret, type FoundWorkload, type Leftover, variablesFile } from './facts.ts'

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
  const read = composeServices(documents)
    .filter(({ parts }) =>
      ['image', 'build', 'environment', 'env_file'].some((field) => last(parts, field) !== undefined),
    )
    .map(readService)
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

/** What stands for the files below /run/secrets, until the catalogue has them. */
const secretFiles = 'files'
const isFileOfMachine = { isManaged: false, isFile: true } as const

/** What the last of its parts says that says something. */
function last(parts: readonly ServicePart[], field: string): unknown {
  return parts.map(({ service }) => at(service, field)).findLast((value) => value !== undefined && value !== null)
}

function readService({ name, parts, unread: unreadParts, where }: ComposeService) {
  const image = last(parts, 'image')
  const left = (code: string, why: string, todo: string): Leftover => ({
    code,
    where,
    what: `service ${name}`,
    why,
    todo,
  })
  if (last(parts, 'build') === undefined && typeof image === 'string' && infrastructure.test(image)) {
    const todo = 'Say in `egress` of the tiers where it is.'
    return {
      workload: undefined,
      leftovers: [left('SERVICE_FOREIGN', `it runs ${image}, which is not the application`, todo)],
    }
  }
  const files = [...new Set(parts.flatMap(({ service }) => secretsOf(service)))]
  const workload: FoundWorkload = {
    ...{ namespace: '', kind: 'Deployment', name: named(name), podLabels: {}, labels: {}, where },
    ports: [...new Set(parts.flatMap(({ service }) => portsOf(service)))].map((port) => ({
      ...{ name: undefined, port, protocol: 'TCP' },
    })),
    uses: [
      ...secretVariablesOf(parts).map(({ name: key, hasDefault }) => ({
        ...{ secret: variablesFile, keys: [key], optional: hasDefault },
      })),
      ...files.map((key) => ({ secret: secretFiles, keys: [key], optional: false })),
    ],
  }
  const unread = parts.flatMap(({ service, document }) =>
    envFilesOf(service).filter(({ path }) => document.envFiles?.has(path) !== true),
  )
  const todo = 'Name an example of that file with --from too, and add what is missing.'
  const told = `Mount the Secret of the tier there: ${files.join(', ')}.`
  return {
    workload,
    leftovers: [
      ...unreadParts.map((part) =>
        left('SERVICE_UNREAD', `it extends ${part}, which was not read`, 'Name that file with --from too.'),
      ),
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

/** What `environment` says takes the place of what the files say, and a later part that of an earlier one. */
function secretVariablesOf(parts: readonly ServicePart[]): Pick<Variable, 'name' | 'hasDefault'>[] {
  const given = parts.flatMap(({ service }) => variablesOf(at(service, 'environment')))
  const own = new Map(given.map((one) => [one.name, one]))
  const named = parts.flatMap(({ service, document: { envFiles } }) =>
    envFilesOf(service).flatMap(({ path }) => envFiles?.get(path) ?? []),
  )
  const others = new Map(named.filter(({ name }) => !own.has(name)).map((one) => [one.name, one]))
  return [
    ...[...own.values()].filter(isSecretVariable),
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
    return [{ name, value: text, hasDefault: hasDefaults(text ?? '') }]
  })
}

/** Whether all that it takes from outside has a default: `${NAME:-}`. */
function hasDefaults(text: string): boolean {
  const taken = text.replaceAll('$$', '').match(/\$(\w+|\{[^}]*\})/g) ?? []
  return taken.length > 0 && taken.every((one) => /^\$\{\w+:?-/.test(one))
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
