import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** Words and turns of phrase that readers stumbled over, what to write, and a sentence that has each of them. */
const riddles: readonly (readonly [RegExp, string, string])[] = [
  [/probe is content|probe .*\bcontent yet/i, 'passed', 'the probe is content'],
  [/nobody else (to be )?at (it|them)\b/i, 'another run is changing it', 'Expected nobody else at it.'],
  [/Expected it to be done\b/, 'Expected success', 'refused. Expected it to be done.'],
  [/\bwaiting whether\b/i, 'waiting for … to', 'waiting whether it is still there'],
  [/\bvouch(es|ed)? for\b/i, 'relying on the status', 'only the operator vouches for it'],
  [/not there a moment ago/i, 'new readers appeared', 'read again by 3, who were not there a moment ago'],
  [/\bruns? since before\b/i, 'started before', 'no pod runs since before its targets last changed'],
  [
    /\b(bundle|folder|line|list|secret|request|requests|key|entry|pod|row) a (tier|target|folder|secret|refresh|day|variable|key|cluster|remote|workload|line|step)\b/i,
    'per',
    'a bundle a tier',
  ],
  [/\badmission has its say\b/i, 'including admission', 'restarts; admission has its say'],
  [/\bgiven otherwise\b/i, 'required', 'It has to be given otherwise.'],
  [/\btold to nobody\b|\bchanged by him\b/i, 'say who does what', 'a name told to nobody else before'],
  [/(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b)\w+/i, 'is not a', 'the value is no JSON object'],
  [/\bthere (is|are) not an?\b/i, 'there is no', 'there is not a network policy'],
  [/\b(he|him|his|himself)\b/i, 'they, or say whose', 'where he stands'],
  [/\b(small|lower-case) letters\b/i, 'lowercase letters', 'Expected small letters and digits.'],
  [/\b[A-Za-z]*Sights?\b|\bsights?\b/, 'State, or View', 'interface ConsumerSight'],
  [/\banew\b/i, 'again', 'the operator makes it anew'],
  [/\bat hand\b/i, 'available', 'Helm is not at hand'],
  [/\bin the place of\b/i, 'instead of', 'shown in the place of the key'],
  [/\b(?<!where )(go|goes|going|went) on\b(?! sale| PATH)/i, 'continues', 'the same command goes on'],
  [/\bmends?\b(?!:)|\bmended\b(?! =|\})/i, 'fix', 'the command that mends it'],
  [/\blooked at\b/i, 'checked, or read', 'what could not be looked at'],
  [
    /\bsee to it\b|\bon the way could\b|\bnor to nobody\b|\bwhoever asks\b/i,
    'say who does what',
    'and see to it yourself',
  ],
  [/\b(as they stand|to be had|whether or not)\b/i, 'plain words', 'the values as they stand'],
  [/\bnobody is there to\b/i, 'confirmation needs a terminal', 'nobody is there to confirm it'],
]

/** The same, of the titles of tests alone. */
const titleRiddles: typeof riddles = [
  [/(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b|such\b)\w+/i, 'is not a', 'what is synced is no problem'],
  [/\b(he|him|his|himself)\b/i, 'they, or say whose', 'the folder that he stands in'],
  [/\bwhoever\b/i, 'say who it is', 'it is lost to whoever has come'],
  [
    /\b(is|are|be) (not |also |all )?told(?= (together|at once|once|with|by|where|too)\b|$)/,
    'reported',
    'all is told once',
  ],
]

/** Names that code keeps: a field is not a sentence. */
const code = [
  /readonly mend: string/,
  /\bmend: string\b/,
  /\{ meaning, mend \}/,
  /meaning, mend\]/,
  /\.mend\b/,
  /const mended = /,
  /\$\{mended\}/,
  /goesOn|go-on/,
]

const isText = (path: string) =>
  /\.(ts|md|tpl|txt|ya?ml|json)$/.test(path) && !/(^|\/)(node_modules|tools)\//.test(path)
const files = [
  ...['scripts', 'charts/tiered-secrets', 'docs'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  ),
  'README.md',
  'schema/values.base.schema.json',
].filter(isText)
const titles = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .flatMap((path) => titlesOf(readFileSync(`test/${path}`, 'utf8')).map((title) => ({ path, title })))
const texts = new Map(files.map((file) => [file, sentences(readFileSync(file, 'utf8'))]))

/** A text without the line breaks and comment signs in the middle of its sentences, with the lines they were on. */
function sentences(text: string): string {
  return text
    .split('\n')
    .filter((line) => !code.some((pattern) => pattern.test(line)))
    .map((line) => line.trim().replace(/^(\/\*\*|\*\/|\*|\/\/|#) ?/, ''))
    .join(' ')
}

/** What tests and groups of tests are called. */
function titlesOf(text: string): string[] {
  return [...text.matchAll(/^\s*(?:test|describe)(?:\.each)?\b.*?(['`])((?:(?!\1).)+)\1, /gm)].map(
    ([, , title = '']) => title,
  )
}

function found(text: string, pattern: RegExp): string[] {
  const all = new RegExp(pattern, `${pattern.flags}g`)
  return [...text.matchAll(all)].map(
    ({ index, input, 0: hit }) => `…${input.slice(Math.max(0, index - 40), index + hit.length + 40)}…`,
  )
}

describe('the words of the project', () => {
  test.each(riddles)('%s: write "%s"', (pattern, _, example) => {
    expect(found(sentences(`before\n * ${example}`), pattern)).not.toEqual([])
    expect(found(sentences(`before\n * ${example.replace(' ', '\n * ')}`), pattern)).not.toEqual([])
    const hits = [...texts].flatMap(([file, text]) => found(text, pattern).map((hit) => `${file}: ${hit}`))
    expect(hits).toEqual([])
  })

  test.each(titleRiddles)('%s in the title of a test: write "%s"', (pattern, _, example) => {
    expect(titlesOf(`  test('${example}', () => {`)).toEqual([example])
    expect(found(example, pattern)).not.toEqual([])
    expect(titles.length).toBeGreaterThan(2_000)
    expect(titles.flatMap(({ path, title }) => found(title, pattern).map((hit) => `${path}: ${hit}`))).toEqual([])
  })

  test('are looked for in every place that has texts', () => {
    const places = ['scripts/commands/status.ts', 'charts/tiered-secrets/templates/NOTES.txt', 'docs/operations.md']
    expect(files).toEqual(expect.arrayContaining([...places, 'charts/tiered-secrets/templates/_validate.tpl']))
  })
})
