import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { findSecret, secretsPath } from '../../scripts/scaleway/secrets.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { type Gate, type GateTarget, startGate } from '../helpers/gate.ts'
import { runCliMany } from '../helpers/hosted-cli.ts'
import { forgedParts, poisoned } from '../helpers/hostile-text.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { kubeconfigThrough } from './credentials-world.ts'
import { forceRefresh } from './refresh.ts'
import { startWorld, type World } from './world.ts'

let world: World
let folder: string
const gates: Gate[] = []

beforeAll(async () => {
  world = await startWorld({ application: trackdechets, environment: 'recette' })
  folder = await mkdtemp(join(tmpdir(), 'ts-foreign-'))
  await world.install()
  await world.sync()
  await loseRemoteSecret()
})
afterAll(async () => {
  for (const gate of gates) await gate[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** So that there is something to tell, in the operator's words too. */
async function loseRemoteSecret(): Promise<void> {
  const { client, emulator, model } = world.stack
  const [tier] = model.tiers
  const [remote] = tier?.remoteSecrets.filter(({ optional }) => !optional) ?? []
  const target = requiredTarget(tier)
  if (!tier || !target || !remote) throw new Error('no tier with a required remote secret')
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
  const found = await findSecret(account, { region: model.region, projectId: tier.projectId }, remote)
  await scalewayRequest(account, { method: 'DELETE', path: `${secretsPath(model.region)}/${found?.id}` })
  const ref = { namespace: tier.namespace, name: target.name }
  await forceRefresh(client, ref)
  const { namespace } = tier
  await eventually(
    () => client.list(kinds.event, { namespace, fieldSelector: 'type=Warning' }),
    ({ items }) => items.length > 0,
  )
}

/** Cluster and Scaleway with the forgery in what they answer, the same one for the same seed. */
async function hostileServers(seed: number): Promise<Record<string, string>> {
  const { emulator, controlPlane } = world.stack
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const behind = async (target: GateTarget) => {
    const gate = await startGate(target, async ({ method }, forward) => {
      const answer = await forward()
      if (answer.stream || (method !== 'GET' && answer.status < 400)) return answer
      const { bytes: _, ...rest } = answer
      return { ...rest, body: poisonedJson(answer.body, random) }
    })
    gates.push(gate)
    return gate.url
  }
  const cluster = await behind({ url: controlPlane.server, ca: controlPlane.ca, token: controlPlane.token })
  return {
    KUBECONFIG: await kubeconfigThrough(world, cluster, folder),
    SCW_API_URL: await behind({ url: emulator.url }),
    SCW_SECRET_KEY: emulator.owner.secretKey,
    SCW_DEFAULT_ORGANIZATION_ID: emulator.owner.organizationId,
  }
}

function poisonedJson(body: string, random: () => number): string {
  try {
    return JSON.stringify(poisoned(JSON.parse(body), random))
  } catch {
    return body
  }
}

const introducer = '\u001b'
const ours = new RegExp(`${introducer}\\[(?:2|31|32|33)m([^${introducer}]*)${introducer}\\[0m`, 'g')

/** Without the very sequences that are ours; any other is left. */
const withoutColours = (text = ''): string => text.replaceAll(ours, '$1')

/** Every command that reads what others wrote; none of them changes anything. */
const lines = [
  ['status'],
  ['status', '--formats'],
  ['status', '--output', 'json'],
  ['doctor'],
  ['doctor', '--output', 'json'],
  ['wait', '--timeout', '1s'],
  ['wait', '--timeout', '1s', '--output', 'json'],
  ['plan'],
  ['plan', '--output', 'markdown'],
  ['plan', '--output', 'json'],
  ['iam', '--verify'],
  ['iam', '--verify', '--format', 'json'],
  ['network', '--verify'],
  ['network', '--verify', '--output', 'json'],
  ['deploy', '--dry-run'],
  ['deploy', '--dry-run', '--show-manifests'],
  ['status', '--problems', '--tier', 'backend'],
  ['fill', '--generate', '--dry-run'],
  ['restart', '--dry-run'],
  ['rotate', 'backend.REDIS_URL', '--generate', '--dry-run'],
  ['credentials', '--tier', 'backend', '--rotate', '--dry-run'],
  ['migrate', '--dry-run'],
  ['migrate', '--output', 'yaml'],
  ['migrate', '--rollback', '--dry-run'],
].map(([command = '', ...args]) => [command, '--environment', 'recette', ...args])

describe.each([1, 2, 3])('with forged text in what cluster and Scaleway answer (%i)', (seed) => {
  let results: RunResult[]
  beforeAll(async () => {
    const colour = { FORCE_COLOR: seed === 3 ? '1' : '0' }
    results = await runCliMany(lines, { ...(await hostileServers(seed)), ...colour })
  })

  test.each(lines.map((line, index) => [line.join(' '), index] as const))(
    '%s shows nothing hidden and no line of it',
    (_, index) => {
      const { stdout = '', stderr = '' } = results[index] ?? {}
      expect([stdout, stderr].map(withoutColours).map(forgedParts)).toEqual([[], []])
      if (lines[index]?.includes('json') && stdout !== '') JSON.parse(stdout)
    },
  )

  test('it was there to be shown', () => {
    const shown = results.filter(({ stdout, stderr }) => `${stdout}${stderr}`.includes(String.raw`\u202eDEGROF`))
    expect(shown.length).toBeGreaterThan(5)
  })
})
