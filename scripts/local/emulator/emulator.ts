import { randomUUID } from 'node:crypto'
import { exitCodes, ProblemError } from '../../lib/problems.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { adminServer } from './admin/admin-server.ts'
import { createFaults, type Faults } from './admin/faults.ts'
import { createRequestLog, type RequestEntry, type RequestLog, type RequestSummary } from './admin/request-log.ts'
import { type Listening, listen } from './http/listen.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createRouter } from './http/router.ts'
import { apiServer } from './http/scaleway-api.ts'
import { checkKeyPair, installBuiltIn, installOwner, type KeyPair, newKeyPair, type Owner } from './owner.ts'
import { apiRoutes } from './routes.ts'
import { restoreState, type SavedState, stateOf } from './state.ts'
import { loadState, saveState } from './state-file.ts'
import { createStateSaver } from './state-saver.ts'
import { createWorld, type DuplicateName, type Limits, type World } from './world.ts'

export interface EmulatorOptions {
  /** Default: 127.0.0.1. The admin server is on 127.0.0.1 whatever this says. */
  readonly host?: string
  /** Default: 0, any free port. */
  readonly port?: number
  /** Default: 0, any free port. */
  readonly adminPort?: number
  /** Default: the one of the state file, else a new UUID. It is also the id of the default project. */
  readonly organizationId?: string
  /** Default: a new pair. */
  readonly owner?: KeyPair
  /** Loaded at the start, saved after changes and at the end. Holds every payload, mode 0600. Default: none. */
  readonly stateFile?: string
  /** Default: `scalewayLimits`. */
  readonly limits?: Partial<Limits>
  /** Default: `conflict`. */
  readonly duplicateName?: DuplicateName
  /** Requests per second and source address; 0: without a limit. Default: 0. */
  readonly requestsPerSecond?: number
  /** Take the source address from `X-Forwarded-For`. Default: false. */
  readonly trustForwardedFor?: boolean
  /** Default: the system's clock. */
  readonly now?: () => Date
  /** Called for each answered request. */
  readonly onRequest?: (entry: RequestEntry) => void
  /** A save in the background failed, or a bug. Default: a warning of the process. */
  readonly onError?: (error: unknown) => void
}

/** A running emulator; `await using` stops it. */
export interface Emulator extends AsyncDisposable {
  /** For `apiUrl`, `apiURL` and `SCW_API_URL`: no trailing slash. */
  readonly url: string
  readonly adminUrl: string
  readonly owner: Owner
  readonly faults: Faults
  /** Requests so far, counted per route and principal. */
  requests(): RequestSummary
  resetRequests(): void
  /** A disabled key is answered as an unknown one. False when there is no such key. */
  setKeyDisabled(accessKey: string, disabled: boolean): boolean
  /** Moves the emulator's time forward; keys and retentions end accordingly. */
  advanceClock(seconds: number): Date
  /** Writes the state file now. False when there is none. */
  save(): Promise<boolean>
  /** Saves, closes both ports. Can be called twice. */
  stop(): Promise<void>
}

/**
 * Starts Scaleway's Secret Manager and IAM on this machine.
 *
 * @throws ProblemError `PORT_IN_USE`, `PORT_REFUSED`, `STATE_UNREADABLE`, `STATE_VERSION`, `STATE_ORGANIZATION`,
 * `OWNER_KEY_MALFORMED`, `ORGANIZATION_ID_MALFORMED`; nothing is left running then.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { stateFile, onError = warn, now: clock = () => new Date() } = options
  const pair = options.owner ?? newKeyPair()
  checkKeyPair(pair, 'owner key of the emulator')
  const saved = stateFile === undefined ? undefined : await loadState(stateFile)
  const world = openWorld(options, saved)

  let aheadMs = 0
  const now = () => new Date(clock().getTime() + aheadMs)
  installBuiltIn(world, now())
  const owner = installOwner(world, pair, now())
  const faults = createFaults()
  const log = observed(createRequestLog(), options.onRequest)
  const stopping = new AbortController()
  const write = async () => (stateFile === undefined ? undefined : saveState(stateFile, stateOf(world)))
  const saver = createStateSaver({ write, onFailure: onError })
  const onChange = () => void (stateFile !== undefined && saver.changed())

  const setKeyDisabled = (accessKey: string, disabled: boolean) => {
    const key = world.iam.keys.get(accessKey)
    if (key) key.disabled = disabled
    if (key) onChange()
    return key !== undefined
  }
  const advanceClock = (seconds: number) => {
    aheadMs += seconds * 1000
    return now()
  }
  const save = async () => {
    if (stateFile !== undefined) await saver.save()
    return stateFile !== undefined
  }

  const handler = apiServer({
    world,
    router: createRouter(apiRoutes(world)),
    faults,
    log,
    rateLimit: options.requestsPerSecond ? createRateLimit(options.requestsPerSecond) : undefined,
    trustForwardedFor: options.trustForwardedFor ?? false,
    now,
    signal: stopping.signal,
    onChange,
    onBug: onError,
  })
  const { host = '127.0.0.1', port = 0, adminPort = 0 } = options
  const api = await listen(handler, { what: 'Scaleway API', host, port, option: '--port' })
  const admin = await listenAdmin(api, adminPort, () =>
    adminServer(adminRoutes({ apiUrl: () => api.url, faults, log, save, setKeyDisabled, advanceClock }), onError),
  )
  onChange()

  let stopped: Promise<void> | undefined
  const stop = () => {
    stopping.abort()
    stopped ??= Promise.all([api.close(), admin.close()]).then(() => saver.stop())
    return stopped
  }
  return {
    url: api.url,
    adminUrl: admin.url,
    owner,
    faults,
    requests: () => log.summary(),
    resetRequests: () => log.reset(),
    setKeyDisabled,
    advanceClock,
    save,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

// --- internal ---

function openWorld(options: EmulatorOptions, saved: SavedState | undefined): World {
  const wanted = options.organizationId?.toLowerCase()
  if (wanted !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(wanted))
    throw usageProblem('ORGANIZATION_ID_MALFORMED', 'organization id', 'is not a UUID. Expected a UUID.')
  if (saved && wanted !== undefined && wanted !== saved.organizationId)
    throw usageProblem(
      'STATE_ORGANIZATION',
      options.stateFile ?? 'state file',
      `holds organization ${saved.organizationId}. Expected ${wanted}, as requested.`,
    )
  const world = createWorld({
    organizationId: saved?.organizationId ?? wanted ?? randomUUID(),
    ownerId: saved?.ownerId ?? randomUUID(),
    ...(options.limits && { limits: options.limits }),
    ...(options.duplicateName && { duplicateName: options.duplicateName }),
  })
  if (saved) restoreState(world, saved)
  return world
}

function usageProblem(code: string, where: string, message: string): ProblemError {
  const fix = 'Leave the organization id out, or give the right one.'
  return new ProblemError({ code, where, message, fix }, exitCodes.usage)
}

/** When the second port can't be opened, the first is closed again. */
async function listenAdmin(api: Listening, port: number, handler: () => ReturnType<typeof adminServer>) {
  try {
    return await listen(handler(), { what: 'admin server', host: '127.0.0.1', port, option: '--admin-port' })
  } catch (error) {
    await api.close()
    throw error
  }
}

function observed(log: RequestLog, onRequest: EmulatorOptions['onRequest']): RequestLog {
  if (!onRequest) return log
  return {
    ...log,
    add(entry) {
      log.add(entry)
      onRequest(entry)
    },
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'EmulatorWarning')
}
