import { type Node, parseSync, visitorKeys } from 'oxc-parser'
import { placesIn } from './places.ts'

export type { Node }

/** What a name stands for where it is used. */
export type Binding =
  /** A variable; `key`: the property it was taken from, where it was taken out of an object. */
  | { readonly kind: 'variable'; readonly init?: Node; readonly key?: string; readonly constant: boolean }
  /** A parameter of a function, with its place among the others. */
  | {
      readonly kind: 'parameter'
      readonly owner: Node
      readonly index: number
      readonly node: Node
      readonly key?: string
    }
  | { readonly kind: 'function' | 'class'; readonly node: Node }
  /** `name`: as the other module exports it; `*`: all of it. */
  | { readonly kind: 'import'; readonly from: string; readonly name: string }
  /** One of the elements that a loop goes through. */
  | { readonly kind: 'element'; readonly of: Node }
  | { readonly kind: 'other' }

/** A parsed JavaScript or TypeScript file, with the scopes of its names. */
export interface Syntax {
  readonly program: Node
  /** What the parser could not read. The rest of the file is judged. */
  readonly mistakes: readonly string[]
  readonly all: readonly Node[]
  parentOf(node: Node): Node | undefined
  /** What `name` stands for where `node` is; undefined: it is global. */
  lookUp(node: Node, name: string): Binding | undefined
  /** Line and column of a node, both from 1. */
  placeOf(node: Node): { readonly line: number; readonly column: number }
}

/** Parses a file, by its extension as JavaScript or TypeScript with or without JSX. */
export function parse(file: string, text: string): Syntax {
  const { program, errors } = parseSync(file, text, { preserveParens: false, lang: languageOf(file) })
  const parents = new Map<Node, Node>()
  const all: Node[] = []
  const stack: Node[] = [program]
  for (let node = stack.pop(); node; node = stack.pop()) {
    all.push(node)
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      stack.push(child)
    }
  }
  const scopes = scopesOf(all, (node) => parents.get(node))
  const placeAt = placesIn(text, /\r\n|[\n\r\u2028\u2029]/g)
  return {
    program,
    mistakes: errors.map(({ message }) => message),
    all: all.sort((a, b) => a.start - b.start),
    parentOf: (node) => parents.get(node),
    lookUp(node, name) {
      for (let at: Node | undefined = node; at; at = parents.get(at)) {
        const binding = scopes.get(at)?.get(name)
        if (binding) return binding
      }
      return undefined
    },
    placeOf: ({ start }) => placeAt(start),
  }
}

/** An expression without what only the type checker sees, and without `?.` around it. */
export function bare(node: Node): Node {
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return bare(node.expression)
    case 'AwaitExpression':
      return bare(node.argument)
    default:
      return node
  }
}

/** The text of a literal, or of a template without expressions. */
export function literalText(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  const only = node.type === 'TemplateLiteral' && node.expressions.length === 0 ? node.quasis[0] : undefined
  return only?.value.cooked ?? undefined
}

/** The name of a property: `a` of `x.a`, `x['a']`, `{ a: … }`. Undefined when it is only known at run time. */
export function propertyName(key: Node, computed: boolean): string | undefined {
  if (!computed && key.type === 'Identifier') return key.name
  return literalText(bare(key))
}

export function isFunction(node: Node | undefined): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node?.type ?? '')
}

// --- internal ---

function languageOf(file: string): 'ts' | 'tsx' {
  return /\.[cm]?ts$/.test(file) ? 'ts' : 'tsx'
}

function childrenOf(node: Node): Node[] {
  const fields = node as unknown as Record<string, Node | (Node | null)[] | null | undefined>
  return (visitorKeys[node.type] ?? []).flatMap((key) => fields[key] ?? []).filter((child) => child !== null)
}

type Scopes = ReadonlyMap<Node, ReadonlyMap<string, Binding>>

function scopesOf(all: readonly Node[], parentOf: (node: Node) => Node | undefined): Scopes {
  const scopes = new Map<Node, Map<string, Binding>>()
  const declare = (scope: Node, name: string, binding: Binding) => {
    const names = scopes.get(scope) ?? new Map<string, Binding>()
    scopes.set(scope, names.set(name, binding))
  }
  const around = (node: Node, isScope: (node: Node) => boolean) => {
    let at = parentOf(node)
    while (at && !isScope(at)) at = parentOf(at)
    return at ?? node
  }
  for (const node of all) {
    if (node.type === 'VariableDeclarator') {
      const declaration = parentOf(node)
      const isVar = declaration?.type === 'VariableDeclaration' && declaration.kind === 'var'
      const constant = declaration?.type === 'VariableDeclaration' && declaration.kind === 'const'
      const scope = around(node, isVar ? isFunctionScope : isBlockScope)
      const loop = declaration && parentOf(declaration)
      const of = loop?.type === 'ForOfStatement' && loop.left === declaration ? loop.right : undefined
      for (const { name, key, whole } of namesIn(node.id)) {
        if (of) declare(scope, name, whole ? { kind: 'element', of } : { kind: 'other' })
        else if (!whole && key === undefined) declare(scope, name, { kind: 'other' })
        else {
          const init = node.init ? { init: node.init as Node } : {}
          declare(scope, name, { kind: 'variable', constant, ...init, ...(key === undefined ? {} : { key }) })
        }
      }
    } else if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers) {
        declare(around(node, isBlockScope), specifier.local.name, {
          kind: 'import',
          from: node.source.value,
          name: importedName(specifier),
        })
      }
    } else if (node.type === 'ClassDeclaration' && node.id) {
      declare(around(node, isBlockScope), node.id.name, { kind: 'class', node })
    } else if (node.type === 'CatchClause' && node.param) {
      for (const { name } of namesIn(node.param)) declare(node, name, { kind: 'other' })
    }
    if (node.type === 'FunctionDeclaration' && node.id) {
      declare(around(node, isBlockScope), node.id.name, { kind: 'function', node })
    }
    if (isFunction(node)) {
      const { params } = node as Node & { readonly params: readonly Node[] }
      for (const [index, parameter] of params.entries()) {
        for (const { name, key, whole } of namesIn(parameter)) {
          const isKnown = whole || key !== undefined
          const at = { owner: node, index, node: parameter, ...(key === undefined ? {} : { key }) }
          declare(node, name, isKnown ? { kind: 'parameter', ...at } : { kind: 'other' })
        }
      }
    }
  }
  return scopes
}

const isFunctionScope = (node: Node) => isFunction(node) || node.type === 'Program' || node.type === 'StaticBlock'
const isBlockScope = (node: Node) =>
  isFunctionScope(node) ||
  /^(?:BlockStatement|ForStatement|ForInStatement|ForOfStatement|SwitchStatement)$/.test(node.type)

interface DeclaredName {
  readonly name: string
  /** The property of the value that it takes; undefined where it takes something deeper. */
  readonly key?: string
  /** It takes the value itself. */
  readonly whole: boolean
}

/** The names that a pattern declares. What it takes from deeper than one property has neither `key` nor `whole`. */
function namesIn(pattern: Node, depth = 0, key?: string): DeclaredName[] {
  switch (pattern.type) {
    case 'Identifier':
      return [{ name: pattern.name, whole: depth === 0, ...(depth === 1 && key !== undefined ? { key } : {}) }]
    case 'AssignmentPattern':
      return namesIn(pattern.left, depth, key)
    case 'TSParameterProperty':
      return namesIn(pattern.parameter, depth, key)
    case 'RestElement':
      // `...rest` of an object has what the other names have left, under the same names.
      return namesIn(pattern.argument, depth === 0 ? 2 : depth - 1)
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element ? namesIn(element, depth + 2) : []))
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        property.type === 'RestElement'
          ? namesIn(property, depth + 1)
          : namesIn(property.value, depth + 1, propertyName(property.key, property.computed)),
      )
    default:
      return []
  }
}

function importedName(specifier: Node): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*'
  if (specifier.type !== 'ImportSpecifier') return 'default'
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value
}
