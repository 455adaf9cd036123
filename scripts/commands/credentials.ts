import { refuseOtherPlace } from '../change/key-rotation/credentials-claim.ts'
import { installKey } from '../change/key-rotation/install-key.ts'
import { defaultKeyRotationWaits, type TierContext } from '../change/key-rotation/key-rotation-context.ts'
import { finishKeyRotation, planKeyRotation, rotateKey } from '../change/key-rotation/rotate-key.ts'
import { checkSealingCertificate, seal } from '../cluster/seal.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption, wrongUsage } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { confirm } from '../lib/confirm.ts'
import { readIfExists } from '../lib/files.ts'
import { document, jsonDocument, lines, type Printable } from '../lib/printable.ts'
import { exitCodes, formatProblems, ProblemError } from '../lib/problems.ts'
import { thisRun } from '../lib/this-run.ts'
import { toYaml } from '../lib/yaml.ts'
import { findTier } from '../model/find-tier.ts'
import { credentialKeys } from '../model/names.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { loadAccount, organizationOf } from '../scaleway/account.ts'
import { describeKey, type KeyPair } from '../scaleway/api-key.ts'
import { keyVariables, readApiKey } from '../scaleway/key-input.ts'
import { probeKey } from '../scaleway/probe-key.ts'
import { expectedContext, openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly tier: string
  readonly from?: string
  readonly seal?: string
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
  options: [
    environmentOption,
    { flags: '--tier <name>', description: 'a tier of the catalogue', required: true },
    {
      flags: '--from <file>',
      description: `of mode 0600; default: ${Object.values(keyVariables).join(' and ')}, else standard input`,
    },
    {
      flags: '--seal <certificate-file>',
      description: "print a SealedSecret for the cluster's certificate, write nothing",
    },
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
      const done = options.rotate ? await renewKey(model, tier, options, io) : await giveKey(model, tier, options, io)
      if (done !== undefined) io.out(options.output === 'json' ? asJson(model, tier, done) : asText(done))
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

async function giveKey(model: EnvironmentModel, tier: TierModel, options: Options, io: CommandIo) {
  const certificate = options.seal === undefined ? undefined : await readCertificate(options.seal, io)
  // Before anything is typed: with the wrong cluster no key has to be given.
  using client = certificate === undefined ? await openCluster(model, io) : undefined
  const key = await readApiKey(options.from, io)
  const account = await loadAccount({ ...io.env, SCW_SECRET_KEY: key.secretKey }, io.signal, io.log)
  const { accessKey } = key
  const unproved = options.unproved === true
  const patience = defaultKeyRotationWaits.patience
  const proof = await probeKey({ account, accessKey, model, tier, unproved, patience, onWait: io.log })
  const read = proof.read === undefined ? 'has nothing to read yet' : `reads ${proof.read}`
  io.log(`${describeKey(key)} ${read}, and was refused ${proof.refusals} times by other tiers`)
  if (certificate !== undefined) printSealed(certificate, model, tier, key, options, io)
  if (client === undefined) return undefined
  const context = { ...contextOf(model, tier, options, io), client }
  const result = { key: describeKey(key), secret: `${tier.namespace}/${tier.credentialsSecret}` }
  if (options.dryRun) await refuseOtherPlace(context)
  else await installKey(context, key)
  return { ...result, written: options.dryRun !== true }
}

async function renewKey(
  model: EnvironmentModel,
  tier: TierModel,
  options: Options,
  io: CommandIo,
): Promise<Done | undefined> {
  const found = await loadAccount(io.env, io.signal, io.log)
  const organizationId = organizationOf(found, model) ?? noOrganization(model)
  using client = await openCluster(model, io)
  const context = { ...contextOf(model, tier, options, io), client, account: { ...found, organizationId } }
  const finishes = options.finish === true
  if (options.dryRun) return { steps: await planKeyRotation(context, { finish: finishes }) }
  if (!(await isConfirmed(model, tier, options, io))) return undefined
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
  model: EnvironmentModel,
  tier: TierModel,
  { yes = false, finish }: Options,
  io: CommandIo,
): Promise<boolean> {
  if (yes) return true
  if (!io.input.isTerminal)
    throw wrongUsage('credentials', '--rotate', 'confirmation needs a terminal. Expected a terminal, or --yes.')
  const what = finish ? 'Delete the disabled key' : 'Replace the key'
  return confirm(
    `${what} of tier "${tier.name}" in ${model.environment} (${expectedContext(model, io.env)}, ${tier.namespace})?`,
    io,
  )
}

async function readCertificate(path: string, { tell }: CommandIo): Promise<string> {
  const text = await readIfExists(path)
  if (text === undefined)
    throw wrongUsage('credentials', `--seal ${path}`, 'there is no such file. Expected a certificate in PEM form.')
  const problems = checkSealingCertificate(text, { where: path })
  if (problems.some(({ severity }) => severity !== 'warning')) throw new ProblemError(problems)
  if (problems.length > 0) tell(formatProblems(problems))
  return text
}

function printSealed(
  certificate: string,
  { environment }: EnvironmentModel,
  { name, namespace, credentialsSecret }: TierModel,
  key: KeyPair,
  { output }: Options,
  { out, log }: CommandIo,
): void {
  const data = { [credentialKeys.accessKey]: key.accessKey, [credentialKeys.secretKey]: key.secretKey }
  const sealed = seal(certificate, { namespace, name: credentialsSecret }, data)
  out(output === 'json' ? jsonDocument(sealed) : document(toYaml(sealed)))
  const { encryptedData } = sealed.spec
  const half = (field: 'accessKey' | 'secretKey') => `${field}: '${encryptedData[credentialKeys[field]]}'`
  log(`To have the chart bring it, put this into environment "${environment}" of scripts/environments.ts:`)
  log(`  sealedCredentials: { ${name}: { ${half('accessKey')}, ${half('secretKey')} } },`)
}

function asJson({ environment }: EnvironmentModel, { name }: TierModel, done: Done): Printable {
  return jsonDocument({ version: 1, environment, tier: name, ...done })
}

function asText(done: Done): Printable {
  if (Array.isArray(done.steps)) return lines(...done.steps)
  const said = Object.entries(done).flatMap(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    return value === undefined ? [] : [`${words}: ${value}`]
  })
  return lines(...said)
}

function refuseCombinations({ rotate, finish, yes, from, seal }: Options): void {
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
