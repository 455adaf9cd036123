import { expect, test } from 'vitest'
import { catalogueSections, fillSections } from '../../../scripts/emit/readme.ts'
import { markdownTable } from '../../../scripts/lib/markdown.ts'
import { ProblemError } from '../../../scripts/lib/problems.ts'
import { resolveAll } from '../../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'

const text = 'Before.\n<!-- generated:a -->\nold\n<!-- /generated:a -->\nAfter.\n'

test('a section is replaced between its two lines, and nothing else changes', () => {
  expect(fillSections(text, { a: 'new' }, 'README.md')).toBe(
    'Before.\n<!-- generated:a -->\n\nnew\n\n<!-- /generated:a -->\nAfter.\n',
  )
})

test('filling twice is filling once', () => {
  const once = fillSections(text, { a: 'new $& $1' }, 'README.md')
  expect(fillSections(once, { a: 'new $& $1' }, 'README.md')).toBe(once)
  expect(once).toContain('new $& $1')
})

test.each([
  ['without its lines', 'nothing'],
  ['without its end', '<!-- generated:a -->'],
  ['with its lines in the wrong order', '<!-- /generated:a --><!-- generated:a -->'],
])('a section %s is told', (_, readme) => {
  const fill = () => fillSections(readme, { a: 'new' }, 'README.md')
  expect(fill).toThrow(ProblemError)
  expect(fill).toThrow(
    'README.md: the lines <!-- generated:a --> and <!-- /generated:a --> are missing or in the wrong order. Expected both, on lines of their own.',
  )
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
    '| api | `USER` | `path:/shop-api/mail` | token | What USER is for | optional; bundle mail; only in dev, live; for worker; owner Mail team; rotate within 90 days; old value good for 7 days more |',
  ])
  expect(tiers).toContain('| Target Secret | `api-secrets` | – |')
  expect(environments).toContain('| dev | fr-par | path | 1h0m0s | `shop-dev` | 9 | real |')
})
