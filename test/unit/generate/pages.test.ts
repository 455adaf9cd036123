import { expect, test } from 'vitest'
import { catalogueSections, fillPages } from '../../../scripts/generate/pages.ts'
import { reachabilityText } from '../../../scripts/generate/reachability-page.ts'
import { markdownTable } from '../../../scripts/lib/markdown.ts'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'

const path = 'docs/catalogue.md'
const text = 'Before.\n<!-- generated:tiers -->\nold\n<!-- /generated:tiers -->\nAfter.\n'
const fill = (page: string, content: string) => fillPages(new Map([[path, page]]), { tiers: content }).get(path)

test('a section is replaced between its two lines, and nothing else changes', () => {
  expect(fill(text, 'new')).toBe('Before.\n<!-- generated:tiers -->\n\nnew\n\n<!-- /generated:tiers -->\nAfter.\n')
})

test('filling twice is filling once', () => {
  const once = fill(text, 'new $& $1') ?? ''
  expect(fill(once, 'new $& $1')).toBe(once)
  expect(once).toContain('new $& $1')
})

test.each([
  ['without its lines', 'nothing'],
  ['without its end', '<!-- generated:tiers -->'],
  ['with its lines in the wrong order', '<!-- /generated:tiers --><!-- generated:tiers -->'],
])('a section %s is reported', (_, page) => {
  expect(() => fill(page, 'new')).toThrow(ProblemError)
  expect(() => fill(page, 'new')).toThrow(
    'docs/catalogue.md: the lines <!-- generated:tiers --> and <!-- /generated:tiers --> are missing or in the wrong order. Expected both, on lines of their own.',
  )
})

test('the pages of all sections whose lines are missing are reported at once', () => {
  const pages = new Map([
    [path, 'nothing'],
    ['docs/troubleshooting.md', ''],
  ])
  const codes = (sections: Record<string, string>) => {
    try {
      fillPages(pages, sections)
      return []
    } catch (error) {
      return (error as ProblemError).problems.map(({ where }) => where)
    }
  }
  expect(codes({ tiers: 'x', causes: 'x' })).toEqual([path, 'docs/troubleshooting.md'])
})

test('a section whose page is not there is left out', () => {
  expect(fillPages(new Map(), { tiers: 'x' })).toEqual(new Map())
})

test('a bar in a cell does not end it', () => {
  expect(markdownTable(['A', 'B'], [['x|y', 'z']])).toBe('| A | B |\n| --- | --- |\n| x\\|y | z |')
})

test('a name that differs between environments is shown with those that have it', () => {
  const application = applicationWith({
    environments: {
      dev: environment({ namespaces: { web: 'site' } }),
      live: environment({ iamApplications: { web: 'web', api: 'shop-api-secrets' } }),
      test: environment({ iamApplications: { web: 'tests', api: 'shop-api-secrets' } }),
    },
  })
  const { tiers = '' } = catalogueSections(application, resolveAll(application))
  expect(tiers).toContain('| Namespace | `shop-api` | `site` (dev), `shop-web` (live, test) |')
  expect(tiers).toContain(
    '| Scaleway IAM application | `shop-api-secrets` | `shop-web-secrets` (dev), `web` (live), `tests` (test) |',
  )
})

test('the table of secrets says what is special about each', () => {
  const application = applicationWith({
    environments: { dev: environment(), live: environment() },
    tiers: {
      api: {
        description: 'What only we run',
        workloads: {
          server: { kind: 'Deployment', reads: { targets: ['jobs'], variables: ['PLAIN', 'HOST'] } },
          worker: { kind: 'CronJob' },
        },
        targets: { jobs: {}, pull: { type: 'kubernetes.io/dockerconfigjson' } },
      },
    },
    secrets: [
      { variable: 'PLAIN' },
      { variable: 'JOB', target: 'jobs', key: 'job.token' },
      { variable: 'PULL', target: 'pull', key: '.dockerconfigjson', format: 'dockerconfigjson' },
      { variable: 'HOST', remoteName: 'relay', property: ['relay.host'], identity: 'relay' },
      {
        variable: 'USER',
        identity: 'mail',
        layout: 'bundle',
        optional: true,
        environments: ['live', 'dev'],
        owner: 'Mail team',
        rotation: '90d',
        overlap: '7d',
      },
    ],
  })
  const { secrets, tiers, environments } = catalogueSections(application, resolveAll(application))
  expect(secrets?.split('\n').slice(2)).toEqual([
    '| api | `PLAIN` | `path:/shop-api/plain` | token | What PLAIN is for |  |',
    '| api | `JOB` | `path:/shop-api/job` | token | What JOB is for | target `api-jobs`; key `job.token`; for server |',
    '| api | `PULL` | `path:/shop-api/pull` | registry credentials | What PULL is for | target `api-pull`; key `.dockerconfigjson` |',
    '| api | `HOST` | `path:/shop-api/relay`, field `relay.host` | token | What HOST is for | identity relay |',
    '| api | `USER` | `path:/shop-api/mail` | token | What USER is for | optional; bundle mail; only in dev, live; for worker; owner Mail team; rotate within 90 days; old value valid for 7 days more |',
  ])
  expect(tiers).toContain('| Target Secret | `api-secrets` |')
  expect(tiers).toContain('| Named targets | `api-jobs` `api-pull` (kubernetes.io/dockerconfigjson) |')
  expect(environments).toContain('| dev | fr-par | path | 1h0m0s | `shop-dev` | `shop-secrets` | 15 | real |')
})

test('values that tiers share have a table, and notes where they are taken over', () => {
  const application = applicationWith({
    secrets: [
      { variable: 'KEY', irreplaceable: 'it encrypts rows' },
      { variable: 'ROW_KEY', tier: 'web', sameAs: 'api.KEY' },
      { variable: 'ALIAS', sameAs: 'api.OTHER' },
      { variable: 'OTHER' },
    ],
  })
  const sections = catalogueSections(application, resolveAll(application))
  expect(sections['shared-values']?.split('\n')).toEqual([
    '| Value | Also in | What for |',
    '| --- | --- | --- |',
    '| `api.KEY` | `web.ROW_KEY` | What KEY is for |',
  ])
  expect(sections.secrets).toContain('| same value as `api.KEY`; irreplaceable: it encrypts rows |')
  const [page, none] = [application, applicationWith()].map((one) =>
    reachabilityText(resolve(one, 'dev'), one.catalogue),
  )
  expect(page).toContain('| `api.KEY` | `web.ROW_KEY` |')
  expect(none).not.toContain('Values that tiers share')
  expect(catalogueSections(applicationWith(), resolveAll(applicationWith()))['shared-values']).toBe(
    'By the catalogue, no value is shared by tiers.',
  )
})
