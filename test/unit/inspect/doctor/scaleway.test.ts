import { expect, test } from 'vitest'
import { availabilityCauses } from '../../../../scripts/inspect/doctor/causes/scaleway.ts'
import { scalewayFacts } from '../../../../scripts/inspect/doctor/observe/scaleway.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { type Answer, serverWith } from '../../../helpers/http-server.ts'

test.each<[string, Answer, RegExp, RegExp]>([
  ['a page of a proxy', { status: 403, body: '<html>' }, /^is answered for by something else\./, /^Check the proxy/],
  ['a page of a network', { body: '<html>' }, /^is answered for by something else\./, /^Check the proxy/],
  ['a redirect', { status: 302 }, /^is answered for by something else\./, /^Check the proxy/],
  ['nothing', { status: 'reset' }, /^does not answer\./, /shows whether the name, the connection/],
])('where Scaleway should be, %s is reported as that', async (_, answer, message, fix) => {
  const { url: apiUrl } = await serverWith(answer)
  const application = applicationWith()
  const [environment = ''] = Object.keys(application.environments)
  const model = resolve(application, environment)
  const { signal } = new AbortController()
  const look = { apiUrl, secretKey: 'k', organizationId: undefined, model, cluster: undefined, signal }
  expect(availabilityCauses({ apiUrl, scaleway: await scalewayFacts(look) }, [])).toMatchObject([
    { code: 'SCALEWAY_UNREACHABLE', message: expect.stringMatching(message), fix: expect.stringMatching(fix) },
  ])
})
