import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandIo, defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { lines } from '../lib/printable.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { type Emulator, startEmulator } from '../local/emulator/emulator.ts'
import { readOwnerKey, writeEnvFile } from '../local/emulator/env-file.ts'
import { scalewayLimits } from '../local/emulator/world.ts'

interface Options {
  readonly port: string
  readonly adminPort: string
  readonly host: string
  readonly state?: string
  readonly keyFile?: string
  readonly organizationId?: string
  readonly quotaSecrets: string
  readonly quotaVersions: string
  readonly rateLimit: string
  readonly duplicateName: 'conflict' | 'invalid'
  readonly trustForwardedFor?: boolean
  readonly logRequests?: boolean
}

export const command = defineCommand<Options>({
  name: 'emulate',
  summary: "Serve Scaleway's Secret Manager and IAM on this machine, for tests without an account.",
  example: commandLine`emulate --port 8080 --state .emulator/state.json`,
  options: [
    { flags: '--port <number>', description: 'port of the Scaleway API; 0 uses a free one', default: '8080' },
    { flags: '--admin-port <number>', description: 'port of faults, request log and state', default: '8081' },
    { flags: '--host <address>', description: 'address of the Scaleway API', default: '127.0.0.1' },
    {
      flags: '--state <file>',
      description: 'load and save everything there, payloads included, mode 0600',
    },
    // Not `--env-file`: Node takes an option of that name for itself, wherever it stands.
    {
      flags: '--key-file <file>',
      description: "where to write the owner's key; default: beside the state, else temporary",
    },
    { flags: '--organization-id <uuid>', description: 'id of the organization and of its default project' },
    {
      flags: '--quota-secrets <number>',
      description: 'secrets per organization',
      default: String(scalewayLimits.secrets),
    },
    {
      flags: '--quota-versions <number>',
      description: 'versions per secret',
      default: String(scalewayLimits.versions),
    },
    { flags: '--rate-limit <number>', description: 'requests per second and address; 0 is none', default: '0' },
    {
      flags: '--duplicate-name <answer>',
      description: 'how a name that is taken is refused: conflict is 409, invalid is 400',
      choices: ['conflict', 'invalid'],
      default: 'conflict',
    },
    { flags: '--trust-forwarded-for', description: 'take request.ip of IAM conditions from X-Forwarded-For' },
    { flags: '--log-requests', description: 'print one line per request' },
  ],
  async run(options, io) {
    const numbers = readNumbers(options)
    await using folder = await envFolder(options)
    const owner = await readOwnerKey(io.env, folder.envFile)
    await using emulator = await startEmulator({
      host: options.host,
      port: numbers.port,
      adminPort: numbers.adminPort,
      limits: { secrets: numbers.quotaSecrets, versions: numbers.quotaVersions },
      requestsPerSecond: numbers.rateLimit,
      duplicateName: options.duplicateName,
      trustForwardedFor: options.trustForwardedFor === true,
      ...(owner && { owner }),
      ...(options.organizationId !== undefined && { organizationId: options.organizationId }),
      ...(options.state !== undefined && { stateFile: options.state }),
      ...(options.logRequests && {
        onRequest: (entry) => {
          const secret = [entry.secretPath, entry.secretName ?? entry.secretId].filter(Boolean).join(' ')
          io.log([entry.status || 'reset', entry.method, entry.route, entry.principal, secret].join(' ').trimEnd())
        },
      }),
      onError: (error) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
        io.tell(lines(...text.split('\n')))
      },
    })
    await writeEnvFile(folder.envFile, emulator)
    explain(io, emulator, folder.envFile, options)
    await untilAborted(io.signal)
    io.log('Stopping.')
    return exitCodes.ok
  },
})

// --- internal ---

function explain(io: CommandIo, emulator: Emulator, envFile: string, { state }: Options): void {
  const lines = [
    `Scaleway API   ${emulator.url}`,
    `Admin          ${emulator.adminUrl}  (GET /health /requests /faults)`,
    `Organization   ${emulator.owner.organizationId}`,
    `Owner's key    ${envFile}  (mode 0600)`,
    state === undefined ? 'State          in memory' : `State          ${state}  (holds every payload, mode 0600)`,
    '',
    'Point your tools at it:',
    `  set -a; . '${envFile}'; set +a        scw, Terraform and the Go clients read SCW_API_URL`,
    `  apiUrl: ${emulator.url}        in a SecretStore of the External Secrets Operator`,
    `  createClient({ apiURL: '${emulator.url}' })        in TypeScript`,
    '',
    'Ctrl-C stops it.',
  ]
  for (const line of lines) io.log(line)
}

/** The folder of the file with the key; a temporary one is deleted with the emulator. */
async function envFolder({ keyFile, state }: Options): Promise<AsyncDisposable & { readonly envFile: string }> {
  const kept = keyFile ?? (state === undefined ? undefined : `${state}.env`)
  if (kept !== undefined) return { envFile: kept, [Symbol.asyncDispose]: async () => undefined }
  const folder = await mkdtemp(join(tmpdir(), 'scaleway-emulator-'))
  return {
    envFile: join(folder, 'owner.env'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

function readNumbers(options: Options) {
  return {
    port: readNumber('--port', options.port, 65_535),
    adminPort: readNumber('--admin-port', options.adminPort, 65_535),
    quotaSecrets: readNumber('--quota-secrets', options.quotaSecrets, 1_000_000),
    quotaVersions: readNumber('--quota-versions', options.quotaVersions, 1_000_000),
    rateLimit: readNumber('--rate-limit', options.rateLimit, 1_000_000),
  }
}

function readNumber(option: string, text: string, max: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) <= max) return Number(text)
  throw new ProblemError(
    {
      code: 'WRONG_USAGE',
      where: commandLine`emulate ${option}`,
      message: `"${text}" is not an allowed number. Expected 0 to ${max}.`,
      fix: `Run \`${commandLine`emulate --help`}\`.`,
    },
    exitCodes.usage,
  )
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
