import { dirname, join, resolve } from 'node:path'
import { type Binding, bare, literalText, type Node, type Syntax } from './syntax.ts'

/** Something a name leads to: a node, and the file it is in. */
export interface Found {
  readonly file: string
  readonly node: Node
}

/** The files of a program, each parsed when something leads there. */
export interface Modules {
  has(file: string): boolean
  /** Undefined: no such file, or one that is not read. */
  syntaxOf(file: string): Syntax | undefined
}

/** The file that `from` names in `file`: a path with any of the usual endings, or an alias such as `@/env` of `paths`. */
export function resolveImport(
  has: (file: string) => boolean,
  file: string,
  from: string,
  paths: readonly PathAlias[] = [],
): string | undefined {
  const candidates = from.startsWith('.')
    ? [resolve(dirname(file), from)]
    : paths.flatMap(({ prefix, folder, within = '' }) =>
        from.startsWith(prefix) && file.startsWith(within) ? [join(folder, from.slice(prefix.length))] : [],
      )
  for (const candidate of candidates) {
    const stem = candidate.replace(/\.[cm]?jsx?$/, '')
    const tried = [candidate, ...endings.map((ending) => stem + ending), ...endings.map((end) => `${candidate}${end}`)]
    const found = [...tried, ...endings.map((ending) => join(candidate, `index${ending}`))].find(has)
    if (found) return found
  }
  return undefined
}

/** `@/` stands for a folder, as `paths` of a `tsconfig.json` says. */
export interface PathAlias {
  readonly prefix: string
  readonly folder: string
  /** Only files below this folder mean that by it. Default: all */
  readonly within?: string
}

/** Leads names to what they stand for, through the imports and exports of the files. */
export class Names {
  readonly #modules: Modules
  readonly #paths: readonly PathAlias[]

  constructor(modules: Modules, paths: readonly PathAlias[] = []) {
    this.#modules = modules
    this.#paths = paths
  }

  syntaxOf(file: string): Syntax | undefined {
    return this.#modules.syntaxOf(file)
  }

  bindingOf({ file, node }: Found): Binding | undefined {
    if (node.type !== 'Identifier') return undefined
    const binding = this.syntaxOf(file)?.lookUp(node, node.name)
    const required = binding?.kind === 'variable' && binding.init ? requiredModule(bare(binding.init)) : undefined
    if (binding?.kind === 'variable' && required !== undefined) {
      return { kind: 'import', from: required, name: binding.key ?? '*' }
    }
    return binding
  }

  /** What another file exports by a name, followed through `export … from`. */
  exported(file: string, from: string, name: string, seen: ReadonlySet<string> = new Set()): Found | undefined {
    const target = resolveImport((path) => this.#modules.has(path), file, from, this.#paths)
    const key = `${target} ${name}`
    const program = target === undefined || seen.has(key) ? undefined : this.syntaxOf(target)?.program
    if (target === undefined || program?.type !== 'Program') return undefined
    const next = new Set([...seen, key])
    for (const statement of program.body) {
      const found = exportIn(statement, name)
      if (found?.from !== undefined) return this.exported(target, found.from, found.name, next)
      if (found?.node) return { file: target, node: found.node }
    }
    for (const statement of program.body) {
      if (statement.type !== 'ExportAllDeclaration' || statement.exported) continue
      const found = this.exported(target, statement.source.value, name, next)
      if (found) return found
    }
    return undefined
  }

  /**
   * The expression, function or class a name stands for, through constants and imports; anything else as it is. A name
   * that nothing declares, a parameter or a variable that changes stays itself.
   */
  valueOf(found: Found, depth = 0): Found {
    const node = bare(found.node)
    const here = { file: found.file, node }
    if (depth > 12) return here
    const binding = this.bindingOf(here)
    if (binding?.kind === 'import') {
      const other = binding.name === '*' ? undefined : this.exported(found.file, binding.from, binding.name)
      return other ? this.valueOf(other, depth + 1) : here
    }
    if (binding?.kind === 'function' || binding?.kind === 'class') return { file: found.file, node: binding.node }
    if (binding?.kind === 'variable' && binding.constant && binding.init && binding.key === undefined) {
      return this.valueOf({ file: found.file, node: binding.init }, depth + 1)
    }
    return here
  }
}

/** `./x` of `require('./x')`. */
export function requiredModule(node: Node): string | undefined {
  const isRequire =
    node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require'
  const argument = isRequire ? node.arguments[0] : undefined
  return argument ? literalText(argument) : undefined
}

// --- internal ---

const endings = ['.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.cts', '.cjs']

function exportIn(statement: Node, name: string): { node?: Node; from?: string; name: string } | undefined {
  if (statement.type === 'ExportDefaultDeclaration') {
    return name === 'default' ? { node: statement.declaration, name } : undefined
  }
  if (statement.type !== 'ExportNamedDeclaration') return undefined
  const { declaration, source } = statement
  if (declaration?.type === 'VariableDeclaration') {
    const declarator = declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    // The name itself, so that a changing variable is not taken for its first value.
    return declarator ? { node: declarator.id, name } : undefined
  }
  if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration') {
    return declaration.id?.name === name ? { node: declaration, name } : undefined
  }
  for (const { local, exported } of statement.specifiers) {
    const known = exported.type === 'Identifier' ? exported.name : exported.value
    if (known !== name) continue
    const inner = local.type === 'Identifier' ? local.name : local.value
    return source ? { from: source.value, name: inner } : { node: local, name }
  }
  return undefined
}
