import type { Arguments } from './http/arguments.ts'
import { requiredUuid, uuid } from './http/arguments.ts'
import type { ApiKeyRecord, GroupRecord, PolicyRecord, RuleRecord, UserRecord } from './iam/records.ts'
import { principalFields } from './iam/records.ts'
import {
  type EphemeralPolicy,
  type EphemeralProperties,
  regions,
  secretTypes,
  versionStatuses,
} from './secrets/records.ts'
import type { SavedSecret, SavedState, SavedVersion } from './state.ts'

/**
 * Reads a state that was parsed from JSON, field by field.
 *
 * @throws ApiError naming the first wrong field; its value is never in the message.
 */
export function readState(args: Arguments): SavedState {
  const state: SavedState = {
    organizationId: id(args, 'organizationId'),
    ownerId: id(args, 'ownerId'),
    // Absent from the files of earlier versions.
    projects: (args.objects('projects') ?? []).map((one) => ({ ...named(one), id: id(one, 'id') })),
    users: (args.objects('users') ?? []).map(readUser),
    applications: list(args, 'applications').map((one) => ({ ...described(one), id: id(one, 'id') })),
    groups: list(args, 'groups').map(readGroup),
    policies: list(args, 'policies').map(readPolicyRecord),
    apiKeys: list(args, 'apiKeys').map(readKey),
    secrets: list(args, 'secrets').map(readSecret),
  }
  args.done()
  return state
}

// --- internal ---

function readUser(args: Arguments): UserRecord {
  const text = (field: string) => args.text(field) ?? ''
  return {
    id: id(args, 'id'),
    email: text('email'),
    username: args.text('username', { required: true }) ?? '',
    firstName: text('firstName'),
    lastName: text('lastName'),
    phoneNumber: text('phoneNumber'),
    locale: text('locale'),
    tags: args.texts('tags') ?? [],
    createdAt: time(args, 'createdAt'),
    updatedAt: time(args, 'updatedAt'),
  }
}

function readGroup(args: Arguments): GroupRecord {
  const members = (field: string) => args.texts(field, uuid) ?? []
  const everyone = args.choice('everyone', ['users', 'applications'])
  return {
    ...described(args),
    id: id(args, 'id'),
    userIds: members('userIds'),
    applicationIds: members('applicationIds'),
    ...(everyone && { everyone }),
  }
}

function readPolicyRecord(args: Arguments): PolicyRecord {
  const principal = args.object('principal')
  return {
    ...described(args),
    id: id(args, 'id'),
    principal: principal ? { field: one(principal, 'field', principalFields), id: id(principal, 'id') } : null,
    rules: list(args, 'rules').map(
      (rule): RuleRecord => ({
        id: id(rule, 'id'),
        permissionSetNames: rule.texts('permissionSetNames') ?? [],
        condition: rule.text('condition') ?? '',
        projectIds: rule.texts('projectIds', uuid) ?? null,
      }),
    ),
  }
}

function readKey(args: Arguments): ApiKeyRecord {
  const bearer = args.object('bearer')
  if (!bearer) args.refuse('bearer', 'required', 'is required')
  return {
    accessKey: args.text('accessKey', { required: true, pattern: /^SCW[A-Z0-9]{17}$/ }) ?? '',
    secretKeyHash: args.text('secretKeyHash', { required: true, pattern: /^[0-9a-f]{64}$/ }) ?? '',
    bearer: {
      field: bearer ? one(bearer, 'field', ['application_id', 'user_id']) : 'user_id',
      id: bearer ? id(bearer, 'id') : '',
    },
    creationIp: args.text('creationIp') ?? '',
    description: args.text('description') ?? '',
    defaultProjectId: id(args, 'defaultProjectId'),
    expiresAt: args.time('expiresAt') ?? null,
    disabled: args.flag('disabled') ?? false,
    createdAt: time(args, 'createdAt'),
    updatedAt: time(args, 'updatedAt'),
  }
}

function readSecret(args: Arguments): SavedSecret {
  return {
    ...described(args),
    id: id(args, 'id'),
    region: one(args, 'region', regions),
    projectId: id(args, 'projectId'),
    type: one(args, 'type', secretTypes),
    keyId: args.text('keyId', uuid) ?? null,
    path: args.text('path', { required: true }) ?? '',
    protected: args.flag('protected') ?? false,
    ephemeralPolicy: readPolicy(args.object('ephemeralPolicy')),
    usedBy: args.texts('usedBy') ?? [],
    deletionRequestedAt: args.time('deletionRequestedAt') ?? null,
    versions: list(args, 'versions').map(readVersion),
  }
}

function readVersion(args: Arguments, index: number): SavedVersion {
  if (args.integer('revision', 1, Number.MAX_SAFE_INTEGER) !== index + 1)
    args.refuse('revision', 'constraint', `expected ${index + 1}`)
  const status = one(args, 'status', versionStatuses)
  const payload = args.text('payload', { pattern: /^[A-Za-z0-9+/]*={0,2}$/, expected: 'base64' }) ?? null
  if (payload === null && status !== 'deleted') args.refuse('payload', 'required', 'is required')
  return {
    revision: index + 1,
    status,
    payload,
    crc32: args.integer('crc32', 0, 0xffffffff) ?? null,
    createdAt: time(args, 'createdAt'),
    updatedAt: time(args, 'updatedAt'),
    deletedAt: args.time('deletedAt') ?? null,
    description: args.text('description') ?? '',
    ephemeral: readProperties(args.object('ephemeral')),
    deletionRequestedAt: args.time('deletionRequestedAt') ?? null,
    statusBeforeDeletion: one(args, 'statusBeforeDeletion', ['enabled', 'disabled']),
  }
}

function readPolicy(args: Arguments | undefined): EphemeralPolicy | null {
  if (!args) return null
  return {
    timeToLiveSeconds: args.integer('timeToLiveSeconds', 0, Number.MAX_SAFE_INTEGER) ?? null,
    expiresOnceAccessed: args.flag('expiresOnceAccessed') ?? null,
    action: one(args, 'action', ['delete', 'disable']),
  }
}

function readProperties(args: Arguments | undefined): EphemeralProperties | null {
  if (!args) return null
  return {
    expiresAt: args.time('expiresAt') ?? null,
    expiresOnceAccessed: args.flag('expiresOnceAccessed') ?? null,
    action: one(args, 'action', ['delete', 'disable']),
  }
}

function described(args: Arguments) {
  return { ...named(args), tags: args.texts('tags') ?? [] }
}

function named(args: Arguments) {
  return {
    name: args.text('name', { required: true }) ?? '',
    description: args.text('description') ?? '',
    createdAt: time(args, 'createdAt'),
    updatedAt: time(args, 'updatedAt'),
  }
}

function id(args: Arguments, field: string): string {
  return args.text(field, requiredUuid) ?? ''
}

function list(args: Arguments, field: string): Arguments[] {
  const items = args.objects(field)
  if (!items) args.refuse(field, 'required', 'is required')
  return items ?? []
}

function time(args: Arguments, field: string): Date {
  const value = args.time(field)
  if (!value && !args.has(field)) args.refuse(field, 'required', 'is required')
  return value ?? new Date(0)
}

function one<const T extends string>(args: Arguments, field: string, values: readonly [T, ...T[]]): T {
  const value = args.choice(field, values)
  if (value === undefined && !args.has(field)) args.refuse(field, 'required', 'is required')
  return value ?? values[0]
}
