import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import {
  type FillWorld,
  filled,
  named,
  startFillWorld,
  tellTale,
  type Values,
  valuesFor,
} from '../emulator/fill-world.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'

const { folder: root } = await folderWith(trackdechets)

let controlPlane: ControlPlane
let client: KubernetesClient

beforeAll(async () => {
  controlPlane = await borrowControlPlane()
  client = createClient(controlPlane)
  await client.create(kinds.namespace, { metadata: { name: 'trackdechets' } })
})
afterAll(async () => {
  client[Symbol.dispose]()
  await controlPlane[Symbol.asyncDispose]()
})

/** `npm run fill -- --from-secret trackdechets/<name>`, without npm. */
function fillFrom(world: FillWorld, name: string, args: readonly string[] = ['--yes']) {
  const env = { ...world.env(), KUBECONFIG: controlPlane.kubeconfigPath }
  const from = ['--from-secret', `trackdechets/${name}`]
  return hostedCli(['fill', '--environment', 'recette', ...from, ...args], { cwd: root, env })
}

async function createSecret(name: string, data: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  const metadata = { namespace: 'trackdechets', name }
  await client.create(kinds.secret, { metadata, data: Object.fromEntries(encoded) } as never)
}

/** As in the one Secret all tiers shared: a variable that two tiers have is there once. */
const withoutTiers = (values: Values) =>
  Object.fromEntries([...named(values)].map(([name, value]) => [name.slice(name.indexOf('.') + 1), value]))

test('a Secret of the cluster fills each tier, and is only read', async () => {
  await using world = await startFillWorld(trackdechets, 'recette')
  const made = valuesFor(world.model)
  const shared = withoutTiers(made)
  const values = new Map([...made].map(([spec]) => [spec, shared[spec.variable] ?? '']))
  await createSecret('trackdechets-secrets', shared)

  const ambiguous = await fillFrom(world, 'trackdechets-secrets')
  expect([ambiguous.exitCode, ambiguous.stdout]).toEqual([3, ''])
  expect(ambiguous.stderr).toContain('Secret/trackdechets/trackdechets-secrets: "SENTRY_DSN" is a variable of tiers')

  const runs = [ambiguous]
  for (const tier of ['backend', 'frontend'])
    runs.push(await fillFrom(world, 'trackdechets-secrets', ['--tier', tier, '--yes']))
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([3, 0, 0])
  expect(await world.contents(values)).toEqual(filled(world.model, 'enabled'))
  const shown = runs.map(({ stdout, stderr }) => stdout + stderr).join('')
  for (const value of tellTale(values)) expect(shown.includes(value)).toBe(false)
})

test('a key that is not a variable, and a value that is not text, are reported together with no value shown', async () => {
  await using world = await startFillWorld(trackdechets, 'recette')
  await createSecret('odd', { SESION_SECRET: 'hunter2', API_TOKEN_SECRET: Buffer.from([0xff, 0xfe]) })
  const { exitCode, stderr } = await fillFrom(world, 'odd')
  expect(exitCode).toBe(3)
  expect(stderr).toContain('Secret/trackdechets/odd (backend.API_TOKEN_SECRET): is not UTF-8.')
  expect(stderr).toContain('Did you mean "SESSION_SECRET"?')
  expect(stderr).not.toContain('hunter2')
})

test('a Secret that is not there is reported', async () => {
  await using world = await startFillWorld(trackdechets, 'recette')
  const { exitCode, stderr } = await fillFrom(world, 'none')
  expect(exitCode).toBe(3)
  expect(stderr).toContain('Secret/trackdechets/none: there is no such Secret.')
})
