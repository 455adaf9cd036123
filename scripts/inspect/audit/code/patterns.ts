import { basename } from 'node:path'
import type { CodeRead } from './code-read.ts'
import { placesIn } from './places.ts'

/** A language whose reads are found by their form alone. */
interface Language {
  /** Of the file's name. */
  readonly files: RegExp
  /** What is not code: a comment from here to the end of its line. */
  readonly comment?: RegExp
  /** Each names a variable in its first group. */
  readonly forms: readonly RegExp[]
}

/**
 * Names that stand where a language usually reads a variable of the environment. They are hints: a pattern knows neither
 * scopes nor what a function does.
 */
export function readByPatterns(file: string, text: string): CodeRead[] {
  const language = languages.find(({ files }) => files.test(basename(file)))
  if (!language) return []
  const code = language.comment ? text.replace(language.comment, (comment) => ' '.repeat(comment.length)) : text
  const placeAt = placesIn(code, /\n/g)
  const reads = language.forms.flatMap((form) =>
    [...code.matchAll(form)].flatMap((match) => {
      const name = match[1]
      if (name === undefined) return []
      return [{ name, how: 'hint' as const, file, ...placeAt(match.index + match[0].indexOf(name)) }]
    }),
  )
  const seen = new Set<string>()
  return [...reads, ...pydanticFields(file, code)]
    .filter(({ name, line, column }) => {
      const key = `${name} ${line} ${column}`
      return !seen.has(key) && seen.add(key)
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Whether there is a pattern for a file. */
export function hasPatterns(file: string): boolean {
  return languages.some(({ files }) => files.test(basename(file)))
}

// --- internal ---

const hash = /(?<=^|\s)#.*$/gm
const slashes = /(?<=^|\s)\/\/.*$/gm

const languages: readonly Language[] = [
  {
    files: /\.py$/,
    comment: hash,
    forms: [
      /\benviron(?:b)?\s*\[\s*["'](\w+)["']/g,
      /\benviron\.(?:get|setdefault|pop)\(\s*["'](\w+)["']/g,
      /\bgetenv\(\s*["'](\w+)["']/g,
      /["'](\w+)["']\s+(?:not\s+)?in\s+(?:os\.)?environ\b/g,
      // python-decouple and django-environ
      /\bconfig\(\s*["']([A-Z][A-Z0-9_]*)["']/g,
      /\benv(?:\.\w+)?\(\s*["']([A-Z][A-Z0-9_]*)["']/g,
      // pydantic and dataclass fields that say their variable
      /\b(?:validation_alias|env)\s*=\s*["'](\w+)["']/g,
    ],
  },
  {
    files: /\.go$/,
    comment: slashes,
    forms: [
      /\bos\.(?:Getenv|LookupEnv)\(\s*["`](\w+)["`]/g,
      /\b(?:syscall|unix)\.Getenv\(\s*["`](\w+)["`]/g,
      /[`\s](?:env|envconfig|envvar)\s*:\s*"([A-Za-z_]\w*)/g,
      /\.BindEnv\([^)]*,\s*"(\w+)"/g,
      /\bEnv(?:Vars|Var)?:\s*(?:\[\]string\{|cli\.EnvVars\()?\s*"(\w+)"/g,
    ],
  },
  {
    files: /\.(?:rb|erb|rake|ru)$|^(?:Rakefile|Gemfile|Capfile)$/,
    comment: hash,
    forms: [/\bENV\s*\[\s*["'](\w+)["']/g, /\bENV\.(?:fetch|key\?|has_key\?|dig|delete)\(?\s*["'](\w+)["']/g],
  },
  {
    files: /\.php$/,
    comment: slashes,
    forms: [
      /\bgetenv\(\s*["'](\w+)["']/g,
      /\$_ENV\[\s*["'](\w+)["']/g,
      // What a web server puts there is no variable of the environment.
      /\$_SERVER\[\s*["'](?!HTTP_|REQUEST_|SERVER_|REMOTE_|SCRIPT_|QUERY_STRING|DOCUMENT_|PHP_|PATH_|argv|argc)(\w+)["']/g,
      /\benv\(\s*["'](\w+)["']/g,
      /%env\((?:[\w-]+:)*(\w+)\)%/g,
    ],
  },
  {
    files: /\.(?:java|kt|kts|scala|groovy)$/,
    comment: slashes,
    forms: [
      /\bgetenv\(\s*"(\w+)"/g,
      /\bgetenv\(\)\s*(?:\.get\(|\[)\s*"(\w+)"/g,
      /\$\{([A-Z][A-Z0-9_]*)(?:[:}])/g,
      /\bsys\.env(?:\.get)?\(\s*"(\w+)"/g,
    ],
  },
  { files: /\.rs$/, comment: slashes, forms: [/\bvar(?:_os)?\(\s*"(\w+)"/g, /\b(?:option_)?env!\(\s*"(\w+)"/g] },
  { files: /\.(?:cs|fs|vb)$/, comment: slashes, forms: [/\bGetEnvironmentVariable\(\s*"(\w+)"/g] },
  {
    files: /\.exs?$/,
    comment: hash,
    forms: [/\bSystem\.(?:get_env|fetch_env!?)\(\s*"(\w+)"/g, /\{:system,\s*"(\w+)"/g],
  },
  { files: /\.prisma$/, comment: slashes, forms: [/\benv\(\s*"(\w+)"\s*\)/g] },
  {
    files:
      /\.(?:sh|bash|zsh|template|tmpl|tpl)$|^(?:Dockerfile|Containerfile|Procfile|Makefile|entrypoint|nginx\.conf)(?:\..*)?$/,
    comment: hash,
    forms: [/(?<!\\)\$([A-Z][A-Z0-9_]*)\b/g, /(?<!\\)\$\{([A-Z][A-Z0-9_]*)(?:[:?+=%#-][^}]*)?\}/g],
  },
  {
    files: /\.(?:ya?ml|properties|toml|conf|json|hcl|tf)$/,
    forms: [
      /\$\{(?:env[:.])?([A-Z][A-Z0-9_]*)(?:[:?-][^}]*)?\}/g,
      /%env\((?:[\w-]+:)*(\w+)\)%/g,
      /\bENV\s*\[\s*["'](\w+)["']/g,
      /\bENV\.fetch\(\s*["'](\w+)["']/g,
      /\$\{\{\s*(?:secrets|vars|env)\.(\w+)\s*\}\}/g,
    ],
  },
]

/** Fields of a class of settings of pydantic: upper case, behind the prefix that the class sets. */
function pydanticFields(file: string, code: string): CodeRead[] {
  if (!file.endsWith('.py') || !code.includes('BaseSettings')) return []
  const lines = code.split('\n')
  return lines.flatMap((line, index) => {
    const isClass = /^class\s+\w+\([^)]*BaseSettings[^)]*\)\s*:/.test(line)
    if (!isClass) return []
    const end = lines.findIndex((other, at) => at > index && /^\S/.test(other))
    const body = lines.slice(index + 1, end < 0 ? undefined : end)
    const prefix = /env_prefix\s*=\s*["'](\w*)["']/.exec(body.join('\n'))?.[1] ?? ''
    const indent = /^\s+/.exec(body.find((other) => other.trim() !== '') ?? '')?.[0] ?? ''
    return body.flatMap((other, at) => {
      const [, name = '', rest = ''] = new RegExp(`^${indent}([a-zA-Z]\\w*)\\s*:\\s*(.*)$`).exec(other) ?? []
      if (name === '' || name === 'model_config' || /validation_alias|\benv\s*=/.test(rest)) return []
      const required = !/=|Optional\[|\|\s*None/.test(rest)
      const place = { file, line: index + 2 + at, column: indent.length + 1 }
      return [{ name: (prefix + name).toUpperCase(), how: 'hint' as const, required, ...place }]
    })
  })
}
