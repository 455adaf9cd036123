import { checkKey } from '../change/key-rotation/check-key.ts'
import { refuseOtherPlace } from '../change/key-rotation/credentials-claim.ts'
import { type IsWritten, installKey } from '../change/key-rotation/install-key.ts'
import { defaultKeyRotationWaits, type TierContext } from '../change/key-rotation/key-rotation-context.ts'
import { finishKeyRotation, planKeyRotation, rotateKey } from '../change/key-rotation/rotate-key.ts'
import { printSealed, readCertificate } from '../change/key-rotation/seal-key.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import {
  type CommandIo,
  contextOption,
  defineCommand,
  environmentOption,
  outputOption,
  wrongUsage,
} from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { confirm } from '../lib/confirm.ts'
import { jsonDocument, lines, type Printable } from '../lib/printable.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { thisRun } from '../lib/this-run.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { loadAccount, organizationOf } from '../scaleway/account.ts'
import { describeKey, type KeyPair } from '../scaleway/api-key.ts'
import { keyVariables, readApiKey } from '../scaleway/key-input.ts'
import { probeKey, proofText } from '../scaleway/probe-key.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly tier: string
  readonly from?: string
  readonly seal?: string
  readonly check?: boolean
  readonly rotate?: boolean
  readonly finish?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly unproved?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'credentials',
  summary:
    "Gives a tier its Scaleway API key after proving that it opens only that tier's secrets; or rotates the key.",
  example: `scw iam api-key create … -o json | ${pipedCommandLine`credentials --environment recette --tier backend`}`,
  leaves:
    'the step it was at may be half done; the same command again continues from there, 30 s later at most, when its lease is over',
  options: [
    environmentOption,
    contextOption,
    { flags: '--tier <name>', description: 'a tier of the catalogue', required: true },
    {
      flags: '--from <file>',
      description: `of mode 0600; default: ${Object.values(keyVariables).join(' and ')}, else standard input`,
    },
    {
      flags: '--seal <certificate-file>',
      description: "print a SealedSecret for the cluster's certificate, write nothing",
    },
    { flags: '--check', description: 'only look whether the tier has a key that works; exit 3 when not' },
    { flags: '--rotate', description: 'create a new key, put it in use, and disable the previous one' },
    { flags: '--finish', description: 'with --rotate: only delete the key that was disabled' },
    { flags: '--dry-run', description: 'check everything, write nothing' },
    { flags: '--yes', description: 'with --rotate: ask no questions' },
    {
      flags: '--unproved',
      description: "accept a key that can't be proved yet, because Scaleway has nothing to prove it with",
    },
    outputOption,
  ],
  async run(options, io) {
    refuseCombinations(options)
    const model = await openEnvironment(options.environment, io)
    const tier = findTier(model, options.tier)
    try {
      const act = options.check ? lookAtKey : options.rotate ? renewKey : giveKey
      const done = await act(model, tier, options, io)
      if (done !== undefined) io.out(print(model, tier, done, options))
      return exitCodes.ok
    } catch (error) {
      if (io.signal.aborted && options.rotate) io.log('interrupted: the same command continues where this one ended')
      throw clusterProblem(error)
    }
  },
})

// --- internal ---

/** What was done, for the result; no value of it is a secret. */
type Done = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

async function lookAtKey(model: EnvironmentModel, tier: TierModel, options: Options, io: CommandIo): Promise<Done> {
  using client = await openCluster(model, io, options.context)
  const context = { ...contextOf(model, tier, options, io), client }
  const { key, proof } = await checkKey(context, (secretKey) => accountAs(secretKey, io))
  io.log(`${key} ${proofText(proof)}`)
  return { key, secret: placeOf(tier), ...proof }
}

async function giveKey(model: EnvironmentModel, tier: TierModel, options: Options, io: CommandIo) {
  const certificate = options.seal === undefined ? undefined : await readCertificate(options.seal, io)
  // Before anything is typed: with the wrong cluster no key has to be given.
  using client = certificate === undefined ? await openCluster(model, io, options.context) : undefined
  const key = await readApiKey(options.from, io)
  if (client === undefined) {
    await prove(key, model, tier, options, io)
    if (certificate !== undefined) printSealed(certificate, model, tier, key, options, io)
    return undefined
  }
  const context = { ...contextOf(model, tier, options, io), client }
  let written: IsWritten = false
  const result = () => ({ key: describeKey(key), secret: placeOf(tier), written })
  try {
    await prove(key, model, tier, options, io)
    if (options.dryRun) await refuseOtherPlace(context)
    else
      await installKey(context, key, (isWritten) => {
        written = isWritten
      })
  } catch (error) {
    // What became of the key is a result too: whoever made it has to know whether to delete it.
    io.out(print(model, tier, result(), options))
    throw error
  }
  return result()
}

function accountAs(secretKey: string, { env, signal, log }: CommandIo) {
  return loadAccount({ ...env, SCW_SECRET_KEY: secretKey }, signal, log)
}

async function prove(key: KeyPair, model: EnvironmentModel, tier: TierModel, options: Options, io: CommandIo) {
  const account = await accountAs(key.secretKey, io)
  const { accessKey } = key
  const unproved = options.unproved === true
  const patience = defaultKeyRotationWaits.patience
  const proof = await probeKey({ account, accessKey, model, tier, unproved, patience, onWait: io.log })
  io.log(`${describeKey(key)} ${proofText(proof)}`)
}

async function renewKey(
  model: EnvironmentModel,
  tier: TierModel,
  options: Options,
  io: CommandIo,
): Promise<Done | undefined> {
  const found = await loadAccount(io.env, io.signal, io.log)
  const organizationId = organizationOf(found, model) ?? noOrganization(model)
  using client = await openCluster(model, io, options.context)
  const context = { ...contextOf(model, tier, options, io), client, account: { ...found, organizationId } }
  const finishes = options.finish === true
  if (options.dryRun) return { steps: await planKeyRotation(context, { finish: finishes }) }
  if (!(await isConfirmed({ model, tier, kubeContext: client.context }, options, io))) return undefined
  if (finishes) return { deletedKeys: await finishKeyRotation(context) }
  return { ...(await rotateKey(context)) }
}

function contextOf(
  model: EnvironmentModel,
  tier: TierModel,
  { unproved = false }: Options,
  { signal, log }: CommandIo,
): Omit<TierContext, 'client'> {
  return { model, tier, signal, log, unproved, holder: thisRun(), waits: defaultKeyRotationWaits }
}

async function isConfirmed(
  { model, tier, kubeContext }: Pick<TierContext, 'model' | 'tier'> & { readonly kubeContext: string },
  { yes = false, finish }: Options,
  io: CommandIo,
): Promise<boolean> {
  if (yes) return true
  if (!io.input.isTerminal)
    throw wrongUsage('credentials', '--rotate', 'confirmation needs a terminal. Expected a terminal, or --yes.')
  const what = finish ? 'Delete the disabled key' : 'Replace the key'
  return confirm(`${what} of tier "${tier.name}" in ${model.environment} (${kubeContext}, ${tier.namespace})?`, io)
}

function placeOf({ namespace, credentialsSecret }: TierModel): string {
  return `${namespace}/${credentialsSecret}`
}

function print(model: EnvironmentModel, tier: TierModel, done: Done, { output }: Options): Printable {
  return output === 'json' ? asJson(model, tier, done) : asText(done)
}

function asJson({ environment }: EnvironmentModel, { name }: TierModel, done: Done): Printable {
  return jsonDocument({ version: 1, environment, tier: name, ...done })
}

function asText(done: Done): Printable {
  if (Array.isArray(done.steps)) return lines(...done.steps)
  const said = Object.entries(done).flatMap(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0)
    return isEmpty ? [] : [`${words}: ${value}`]
  })
  return lines(...said)
}

function refuseCombinations({ check, rotate, finish, dryRun, yes, from, seal, context }: Options): void {
  if (seal !== undefined && context !== undefined)
    throw wrongUsage('credentials', `--context ${context}`, 'means nothing with --seal, which opens no cluster.')
  const given = { '--rotate': rotate, '--from': from, '--seal': seal, '--dry-run': dryRun, '--finish': finish }
  const [besides] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (check && besides !== undefined)
    throw wrongUsage('credentials', besides, "can't be used with --check, which only looks. Expected one of them.")
  if (!rotate && (finish || yes))
    throw wrongUsage('credentials', finish ? '--finish' : '--yes', 'works only with --rotate. Expected both.')
  if (!rotate || (from === undefined && seal === undefined)) return
  const other = from === undefined ? '--seal' : '--from'
  throw wrongUsage(
    'credentials',
    other,
    "can't be used with --rotate, which creates the key itself. Expected one of them.",
  )
}

function noOrganization({ environment }: EnvironmentModel): never {
  throw new ProblemError({
    code: 'ORGANIZATION_MISSING',
    where: `environment "${environment}"`,
    message: 'has no organizationId, and neither has your account. Expected the id of the Scaleway organization.',
    fix: 'Set organizationId in scripts/environments.ts, or SCW_DEFAULT_ORGANIZATION_ID.',
  })
}
