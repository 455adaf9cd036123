import { expect, test } from 'vitest'
import { catalogueSections, fillPages } from '../../../scripts/generate/pages.ts'
import { markdownTable } from '../../../scripts/lib/markdown.ts'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { resolveAll } from '../../../scripts/model/resolve.ts'
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
])('a section %s is told', (_, page) => {
  expect(() => fill(page, 'new')).toThrow(ProblemError)
  expect(() => fill(page, 'new')).toThrow(
    'docs/catalogue.md: the lines <!-- generated:tiers --> and <!-- /generated:tiers --> are missing or in the wrong order. Expected both, on lines of their own.',
  )
})

test('the pages of all sections whose lines are missing are told at once', () => {
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

test('the table of secrets says what is special about each', () => {
  const application = applicationWith({
    environments: { dev: environment(), live: environment() },
    secrets: [
      { variable: 'PLAIN' },
      { variable: 'HOST', remoteName: 'relay', property: ['relay.host'], identity: 'relay' },
      {
        variable: 'USER',
        identity: 'mail',
        layout: 'bundle',
        optional: true,
        environments: ['live', 'dev'],
        consumers: ['worker'],
        owner: 'Mail team',
        rotation: '90d',
        overlap: '7d',
      },
    ],
  })
  const { secrets, tiers, environments } = catalogueSections(application, resolveAll(application))
  expect(secrets?.split('\n').slice(2)).toEqual([
    '| api | `PLAIN` | `path:/shop-api/plain` | token | What PLAIN is for |  |',
    '| api | `HOST` | `path:/shop-api/relay`, field `relay.host` | token | What HOST is for | identity relay |',
    '| api | `USER` | `path:/shop-api/mail` | token | What USER is for | optional; bundle mail; only in dev, live; for worker; owner Mail team; rotate within 90 days; old value valid for 7 days more |',
  ])
  expect(tiers).toContain('| Target Secret | `api-secrets` | – |')
  expect(environments).toContain('| dev | fr-par | path | 1h0m0s | `shop-dev` | 9 | real |')
})
