import { expect, test } from 'vitest'
import { readJavaScript } from '../../../../../scripts/inspect/audit/code/javascript.ts'
import { Names } from '../../../../../scripts/inspect/audit/code/modules.ts'
import { parse, type Syntax } from '../../../../../scripts/inspect/audit/code/syntax.ts'

function reading(files: Record<string, string> | string, file = '/app/main.ts') {
  const texts = typeof files === 'string' ? { [file]: files } : files
  const parsed = new Map<string, Syntax>()
  const names = new Names(
    {
      has: (path) => path in texts,
      syntaxOf(path) {
        const text = texts[path]
        if (text !== undefined && !parsed.has(path)) parsed.set(path, parse(path, text))
        return parsed.get(path)
      },
    },
    [{ prefix: '@/', folder: '/app/src' }],
  )
  const { reads, dynamic } = readJavaScript(names, file)
  const marks = { undefined: '', true: '!', false: '?' }
  return {
    reads: reads.map(({ name, required }) => name + marks[`${required}`]),
    dynamic: dynamic.map(({ expression }) => expression),
    all: reads,
  }
}

test.each<[string, string, string[]]>([
  ['a member', 'use(process.env.A)', ['A']],
  ['a copy', 'const e = { ...process.env }; e.A; const f = Object.assign({}, process.env); f.B', ['A', 'B']],
  ['no copy with more in it', 'const e = { ...process.env, A: 1 }; e.A; Object.assign(x, process.env).B', []],
  ['brackets', `use(process.env['A'], process.env[\`B\`])`, ['A', 'B']],
  ['optional chains', `use(process?.env?.A, process?.env?.['B'])`, ['A', 'B']],
  [
    'what only the checker sees',
    'use(process.env.A!, (process.env as any).B, process.env.C as string)',
    ['A', 'B', 'C'],
  ],
  ['a default', `use(process.env.A ?? 'x', process.env.B || 'y', other ?? process.env.C)`, ['A?', 'B?', 'C']],
  ['a default that is set', `process.env.A ??= 'x'`, ['A?']],
  ['what is set or removed', `process.env.A = 'x'; delete process.env.B; use(process.env.C)`, ['C']],
  ['destructuring', `const { A, B: b, C = 'x' } = process.env`, ['A', 'B', 'C?']],
  ['the rest', 'const { A, ...rest } = process.env; use(rest.B)', ['A', 'B']],
  ['deep destructuring', 'const { env: { A } } = process', ['A']],
  ['an alias', 'const e = process.env; use(e.A); const { env } = process; use(env.B)', ['A', 'B']],
  ['an alias of another scope', 'function a() { const e = process.env; use(e.A) } function b(e) { use(e.B) }', ['A']],
  ['a parameter', 'export function read(source = process.env) { use(source.A) }', ['A']],
  ['a typed parameter', 'export const read = (env: NodeJS.ProcessEnv) => env.A', ['A']],
  ['a destructured parameter', 'export function read({ A, B } = process.env) {}', ['A', 'B']],
  ['imports of node', `import { env } from 'node:process'; import p from 'process'; use(env.A, p.env.B)`, ['A', 'B']],
  ['require', `const { env } = require('process'); use(env.A, require('node:process').env.B)`, ['A', 'B']],
  ['a process of somebody else', `import process from './shim'; use(process.env.A)`, []],
  ['globalThis', 'use(globalThis.process.env.A, globalThis.process?.env.B)', ['A', 'B']],
  ['Vite and Bun', 'use(import.meta.env.VITE_A, Bun.env.B)', ['VITE_A', 'B']],
  ['Deno', `use(Deno.env.get('A'), Deno.env.toObject().B)`, ['A', 'B']],
  ['in', `use('A' in process.env)`, ['A?']],
  ['a constant name', `const name = 'A'; use(process.env[name])`, ['A']],
  ['a list of names', `for (const name of ['A', 'B']) use(process.env[name])`, ['A', 'B']],
  [
    'a list in a constant',
    `const names = ['A', 'B'] as const; names.forEach((name) => use(process.env[name]))`,
    ['A', 'B'],
  ],
  ['a choice', `use(process.env[live ? 'A' : 'B'])`, ['A', 'B']],
  ['a function', `const env = (name: string) => process.env[name]; use(env('A'), env('B') ?? 'x')`, ['A', 'B?']],
  [
    'a function by a function',
    `function get(n) { return process.env[n] } function need(what, n) { const v = get(n); return v } need('x', 'A')`,
    ['A'],
  ],
  ['methods of an object', `const config = { need: (n) => process.env[n] }; config.need('A')`, ['A']],
  ['a browser without process', `const e = typeof process === 'undefined' ? {} : process.env; use(e.A)`, ['A']],
  ['comments and texts', `// process.env.A\nuse('process.env.B')`, []],
  ['methods of every object', `use(process.env.hasOwnProperty('A'))`, []],
  ['another env', 'use(config.env.A, this.env.B)', []],
])('%s', (_, code, expected) => {
  expect(reading(code).reads).toEqual(expected)
})

test.each<[string, string, string[]]>([
  [
    'zod',
    `import { z } from 'zod'; z.object({ A: z.string(), b: z.url().optional(), C: z.coerce.number().default(3) }).parse(process.env)`,
    ['A!', 'b?', 'C?'],
  ],
  ['a schema in a constant', `const S = z.object({ A: z.string() }); const r = S.safeParse(process.env)`, ['A!']],
  ['extend', `const S = z.object({ A: z.string() }).extend({ B: z.string() }); S.parse(process.env)`, ['A!', 'B!']],
  [
    'merge',
    `const T = z.object({ B: z.string() }); z.object({ A: z.string() }).merge(T).parse(process.env)`,
    ['A!', 'B!'],
  ],
  [
    'shape',
    `const S = z.object({ A: z.string() }); z.object({ ...S.shape, B: z.string() }).parse(process.env)`,
    ['A!', 'B!'],
  ],
  ['pick', `const S = z.object({ A: z.string(), B: z.string() }); S.pick({ A: true }).parse(process.env)`, ['A!']],
  ['omit', `const S = z.object({ A: z.string(), B: z.string() }); S.omit({ A: true }).parse(process.env)`, ['B!']],
  ['partial', `z.object({ A: z.string() }).partial().parse(process.env)`, ['A?']],
  [
    'refine',
    `z.object({ A: z.string() }).refine((v) => v.A.length > 3, { message: 'MESSAGE' }).parse(process.env)`,
    ['A!'],
  ],
  ['an alias', `const { env } = process; z.object({ A: z.string() }).parse(env)`, ['A!']],
  [
    'valibot',
    `import * as v from 'valibot'; v.parse(v.object({ A: v.string(), B: v.optional(v.string()) }), process.env)`,
    ['A!', 'B?'],
  ],
  [
    'envalid',
    `import { cleanEnv, str, num } from 'envalid'; cleanEnv(process.env, { A: str(), B: num({ default: 3 }), C: str({ devDefault: 'x' }) })`,
    ['A!', 'B?', 'C!'],
  ],
  [
    'Joi',
    `import Joi from 'joi'; Joi.object({ A: Joi.string().required(), B: Joi.string() }).validate(process.env)`,
    ['A!', 'B?'],
  ],
  [
    'yup',
    `import { object, string } from 'yup'; object({ A: string().required(), B: string() }).validateSync(process.env)`,
    ['A!', 'B?'],
  ],
  [
    't3-env',
    `import { createEnv } from '@t3-oss/env-core'; createEnv({ server: { A: z.string() }, clientPrefix: 'PUBLIC_', client: { PUBLIC_B: z.string().optional() }, runtimeEnv: process.env })`,
    ['A!', 'PUBLIC_B?'],
  ],
  [
    't3-env by variable',
    `import { createEnv } from '@t3-oss/env-nextjs'; createEnv({ server: { A: z.string() }, runtimeEnv: { A: process.env.A } })`,
    ['A!', 'A'],
  ],
  ['arktype', `import { type } from 'arktype'; type({ A: 'string', 'B?': 'string' })(process.env)`, ['A', 'B?']],
  [
    'a class',
    `class Vars { @IsString() A: string; @IsOptional() B?: string; helper() {} } plainToInstance(Vars, process.env)`,
    ['A!', 'B?'],
  ],
  [
    'the environment of another process',
    `spawn('x', { env: { ...process.env, A: '1' } }); execa('y', { env: process.env, MODE: 1 })`,
    [],
  ],
  ['a copy', `const copy = { ...process.env, A: '1' }`, []],
])('a schema of %s', (_, code, expected) => {
  expect(reading(code).reads).toEqual(expected)
})

test('names that are only known at run time are reported with their place', () => {
  const { reads, dynamic } = reading('export const all = (p) => [process.env[p + "_URL"], process.env[keys.main]]')
  expect([reads, dynamic]).toEqual([[], ['an expression', 'keys.main']])
})

test('a function that is given a name is followed into other files, and so are schemas, aliases and re-exports', () => {
  const files = {
    '/app/main.ts': `import { need } from './env.js'; import * as env from '@/env'; import { Schema, e } from './all';
      need('A'); env.need('B'); Schema.parse(process.env); use(e.D)`,
    '/app/env.ts': `export function need(name: string) { return process.env[name] }`,
    '/app/src/env/index.ts': `export { need } from '../../env'`,
    '/app/all.ts': `export * from './schema'; export const e = process.env`,
    '/app/schema.ts': `const S = z.object({ C: z.string() }); export { S as Schema }`,
  }
  expect(reading(files).reads.sort()).toEqual(['A', 'B', 'C!', 'D'])
  expect(reading(files).all.find(({ name }) => name === 'C')).toMatchObject({
    file: '/app/schema.ts',
    line: 1,
    column: 22,
  })
  expect(reading(files, '/app/env.ts').dynamic).toEqual([])
})

test('files that import each other end', () => {
  const files = {
    '/app/main.ts': `export * from './b'; export { x } from './b'`,
    '/app/b.ts': `export * from './main'; import { y } from './main'; use(y.A)`,
  }
  expect(reading(files, '/app/b.ts').reads).toEqual([])
})

test('places are lines and columns from 1', () => {
  const { all } = reading('const é = 1\r\n\n  use(process.env.A)')
  expect(all).toEqual([{ name: 'A', how: 'member', file: '/app/main.ts', line: 3, column: 19 }])
})

test('a file that does not parse is read as far as it goes', () => {
  expect(() => reading('const { = ; use(process.env.A)')).not.toThrow()
})
