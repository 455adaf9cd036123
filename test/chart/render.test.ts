import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { compiledCli } from '../helpers/cli.ts'
import { executable, temporaryFolder } from '../helpers/folders.ts'
import { userFolder } from '../helpers/repository.ts'

/** Without any network where this machine allows a program to be started so, and with a dead proxy everywhere. */
const withoutNetwork = spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn'] : []
const offline = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1', GOPROXY: 'off' }

const { folder } = await userFolder()

function render(env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  const command = [process.execPath, compiledCli, 'render', '--environment', 'recette']
  const [file = '', ...args] = [...withoutNetwork, ...command]
  return tryRun(file, args, { cwd: folder, env: { ...offline, ...env } })
}

let first: RunResult
beforeAll(async () => {
  // A wrong path is an error of any command that needs the tool, so these commands do not look for one.
  const nothing = { KUBEBUILDER_ASSETS: '/nowhere', EXTERNAL_SECRETS_BIN: '/nowhere', KUBECONFIG: '/nowhere' }
  first = await render(nothing)
})

test('render prints manifests and nothing else, without network, cluster or control plane', () => {
  expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({ exitCode: 0, stderr: '' })
  const objects = parseManifests(first.stdout, 'render').map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  expect(objects).toHaveLength(45)
  expect(objects).toEqual(expect.arrayContaining(['ExternalSecret backend-secrets', 'NetworkPolicy default-deny']))
})

test('render prints the same bytes each time', async () => {
  expect((await render()).stdout).toBe(first.stdout)
})

test('a helm of another version is refused before anything is printed', async () => {
  const old = await executable(join(await temporaryFolder(), 'helm'), 'echo v3.10.0')
  const { exitCode, stdout, stderr } = await render({ HELM_BIN: old })
  expect(stderr).toMatch(/^HELM_BIN: .*3\.10\.0.*\n {2}fix: .*\n {2}\([A-Z_]+\)$/)
  expect([exitCode, stdout]).toEqual([5, ''])
})
