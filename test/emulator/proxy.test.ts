import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { iamPlan } from '../../scripts/model/iam.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { testAuthority } from '../helpers/certificate-authority.ts'
import { compiledCli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { httpProxy, socksProxy, tlsServer } from '../helpers/proxy.ts'
import { folderWith } from '../helpers/repository.ts'
import { plannedAccount } from './iam-account.ts'

const { folder: root } = await folderWith(bookshop)
const environment = 'preview'
const host = 'api.scaleway.example'
const authority = testAuthority('Authority of a proxy')

/** A command that reads the account, behind TLS that another authority vouches for; to the end of its process. */
async function verify(apiUrl: string, env: Readonly<Record<string, string>>): Promise<RunResult> {
  const none = { HTTPS_PROXY: undefined, HTTP_PROXY: undefined, NO_PROXY: undefined, https_proxy: undefined }
  const program = [compiledCli, 'iam', '--environment', environment, '--verify']
  const all = { ...none, no_proxy: undefined, SCW_API_URL: apiUrl, SCW_CONFIG_PATH: '/nowhere', ...env }
  return tryRun(process.execPath, program, { cwd: root, env: all })
}

async function behindTls() {
  const account = await plannedAccount(iamPlan(resolve(bookshop, environment)))
  const server = await tlsServer(authority.issue({ names: [host] }), new URL(account.account.apiUrl))
  const ca = join(await temporaryFolder(), 'authority.pem')
  await writeFile(ca, authority.certificate)
  const env = { SCW_SECRET_KEY: account.account.secretKey, SCW_DEFAULT_ORGANIZATION_ID: account.organizationId }
  return { account, env, ca, server, routes: { [`${host}:443`]: server.port } }
}

test.each([
  ['HTTP', (routes: Record<string, number>) => httpProxy({ routes })],
  ['TLS', (routes: Record<string, number>) => httpProxy({ routes, tls: authority.issue() })],
  ['SOCKS', socksProxy],
])('a command reaches Scaleway through a proxy that speaks %s, keeps its connection, and ends', async (_, start) => {
  const { account, env, ca, routes, server } = await behindTls()
  await using _account = account
  const proxy = await start(routes)
  const login = proxy.url.startsWith('socks') ? proxy.url : proxy.url.replace('//', '//me:s3cret-pass@')
  const through = { ...env, HTTPS_PROXY: login, NODE_EXTRA_CA_CERTS: ca, DEBUG: '*' }
  const { exitCode, stdout, stderr } = await verify(`https://${host}`, through)
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('The account is as planned')])
  expect(`${stdout}${stderr}`).not.toMatch(/s3cret-pass|bWU6czNjcmV0/)
  expect(server.requests.length).toBeGreaterThan(proxy.requests.length)
})

test('a proxy that opens TLS is reported with what helps, after one attempt', async () => {
  const { account, env, routes } = await behindTls()
  await using _account = account
  const proxy = await httpProxy({ routes })
  const { exitCode, stderr } = await verify(`https://${host}`, { ...env, HTTPS_PROXY: proxy.url })
  expect(stderr).toMatch(
    /\(UNABLE_TO_\w+\)\. Expected a response\.\n {2}fix: .*NODE_EXTRA_CA_CERTS.*\n {2}\(SCALEWAY_UNREACHABLE\)/,
  )
  expect([exitCode, proxy.requests]).toEqual([4, [`CONNECT ${host}:443`]])
})

test('an emulator on this machine is asked without the proxy', async () => {
  const { account, env } = await behindTls()
  await using _account = account
  const nowhere = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' }
  expect(await verify(account.account.apiUrl, { ...env, ...nowhere })).toMatchObject({ exitCode: 0 })
})
