import { compare } from '../../lib/problems.ts'
import type { ValueForm } from './forms.ts'
import type { Variable } from './variables.ts'

/** First line of each module: a file without it is somebody's own. */
export const moduleHeader = '// Generated from scripts/catalogue.ts. Do not edit.\n'

/**
 * A module that checks and parses the variables of one tier, without a dependency. It reads nothing when it is imported, and
 * nothing in it needs more than the removal of types.
 */
export function typescriptModule(variables: readonly Variable[]): string {
  return [
    moduleHeader,
    interfaceText(variables),
    errorClass,
    readerText(variables),
    ...(variables.length > 0 ? [kindType] : []),
    'declare const process: { readonly env: Readonly<Record<string, string | undefined>> }\n',
  ].join('\n')
}

// --- internal ---

function interfaceText(variables: readonly Variable[]): string {
  const fields = variables.flatMap(({ name, form, isOptional, description, expected }) => [
    `  /** ${comment(`${sentence(description)} Expected ${expected}.`)} */`,
    `  readonly ${name}: ${form.type}${isOptional ? ' | undefined' : ''}`,
  ])
  return [
    '/** The variables of the program, checked and parsed. */',
    'export interface Environment {',
    ...fields,
    '}\n',
  ].join('\n')
}

const errorClass = `/** Every variable that is missing or malformed. No value is part of the message. */
export class EnvironmentError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(['The environment of this program is not complete:', ...problems].join('\\n  '))
    this.name = 'EnvironmentError'
    this.problems = problems
  }
}
`

const kindType = `/** What a value must look like. */
interface Kind {
  readonly expected: string
  isRight(value: string): boolean
}
`

function readerText(variables: readonly Variable[]): string {
  const used = helpers.filter(({ isUsed }) => variables.some(isUsed))
  // A compiler may refuse a parameter that is not used.
  const source = variables.length > 0 ? 'source' : '_source'
  const fields = variables.map((variable) => `    ${variable.name}: ${readText(variable)},`)
  return `/**
 * Reads and checks all variables at once. An optional one that is empty counts as missing.
 *
 * @throws EnvironmentError that names each variable which is missing or malformed
 */
export function readEnvironment(${source}: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const problems: string[] = []
${[...used.map(({ text }) => text), kindsText(variables)].join('')}
  const environment: Environment = {
${fields.join('\n')}
  }
  if (problems.length > 0) throw new EnvironmentError(problems)
  return environment
}
`
}

/** Functions within the reader. A module has those of them that it uses: a compiler may refuse others. */
const helpers: readonly { readonly text: string; isUsed(variable: Variable): boolean }[] = [
  {
    isUsed: ({ form }) => form.length !== undefined,
    text: `  const characters = (value: string): number => [...value].length
`,
  },
  {
    isUsed: ({ form }) => form.bytes !== undefined,
    text: `  const bytes = (value: string): number =>
    [...value].reduce((sum, one) => sum + (one < '\\u0080' ? 1 : one < '\\u0800' ? 2 : one.length === 1 ? 3 : 4), 0)
`,
  },
  {
    isUsed: () => true,
    text: `  const checked = (name: string, value: string, { expected, isRight }: Kind): string => {
    if (!isRight(value)) problems.push(\`\${name}: is \${value === '' ? 'empty' : 'malformed'}. Expected \${expected}.\`)
    return value
  }
`,
  },
  {
    isUsed: ({ isOptional }) => !isOptional,
    text: `  const required = (name: string, kind: Kind): string => {
    const value = source[name]
    if (typeof value === 'string') return checked(name, value, kind)
    problems.push(\`\${name}: is missing. Expected \${kind.expected}.\`)
    return ''
  }
`,
  },
  {
    isUsed: ({ isOptional }) => isOptional,
    text: `  const optional = (name: string, kind: Kind): string | undefined => {
    const value = source[name]
    return typeof value !== 'string' || value === '' ? undefined : checked(name, value, kind)
  }
`,
  },
  {
    isUsed: ({ isOptional, form }) => isOptional && form.type !== 'string',
    text: `  const parsed = <Value>(value: string | undefined, parse: (value: string) => Value): Value | undefined =>
    value === undefined ? undefined : parse(value)
`,
  },
]

/** What a value of each format looks like. */
function kindsText(variables: readonly Variable[]): string {
  const byFormat = new Map(variables.map((variable) => [variable.format, variable]))
  const kinds = [...byFormat]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([format, { form, expected }]) => [
      `    ${key(format)}: {`,
      `      expected: ${quoted(expected)},`,
      `      isRight: (value: string): boolean => ${condition(form)},`,
      '    },\n',
    ])
  return kinds.length === 0 ? '' : `  const kinds = {\n${kinds.join('\n').replaceAll('\n\n', '\n')}  }\n`
}

function readText({ name, format, form, isOptional }: Variable): string {
  const kind = key(format) === format ? `kinds.${format}` : `kinds[${key(format)}]`
  const read = `${isOptional ? 'optional' : 'required'}('${name}', ${kind})`
  if (form.type === 'string') return read
  const parse = (value: string) => (form.type === 'number' ? `Number(${value})` : `${value} === 'true'`)
  return isOptional ? `parsed(${read}, (value) => ${parse('value')})` : parse(read)
}

function condition({ pattern, length = {}, bytes }: ValueForm): string {
  const { min, max } = length
  return [
    `/${pattern.replaceAll('/', '\\/')}/u.test(value)`,
    ...(min !== undefined && min === max ? [`characters(value) === ${min}`] : []),
    ...(min !== undefined && min !== max ? [`characters(value) >= ${min}`] : []),
    ...(bytes === undefined ? [] : [`bytes(value) === ${bytes}`]),
  ].join(' && ')
}

function key(name: string): string {
  return /^[a-z]+$/.test(name) ? name : quoted(name)
}

/** A description is one sentence or a few words, with or without its full stop. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** On one line, and without the end of a comment. */
function comment(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('*/', '*\\/')
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
