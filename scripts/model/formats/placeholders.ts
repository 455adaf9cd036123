/**
 * Whether a text stands for a value that somebody was to fill in. As a whole: a random value that has `xxx` or `todo` in
 * it is none.
 */
export function isPlaceholder(text: string): boolean {
  return shapes.some((shape) => shape.test(text)) || words.has(plain(text))
}

/** Whether a text, where a name is expected, says only what belongs there: the examples of manuals. */
export function isExampleName(text: string): boolean {
  return isPlaceholder(text) || exampleNames.has(plain(text))
}

/** Whether a text, where a secret is expected, is the example of a manual or what everybody tries first. */
export function isExampleSecret(text: string): boolean {
  const letters = plain(text)
  if (isPlaceholder(text) || exampleSecrets.has(letters)) return true
  return /EXAMPLE(KEY)?$/.test(text) || /^(.)\1{7,}$/u.test(text) || isRun(text.toLowerCase())
}

/** Whether a part of a URL is the word for it, as in `postgresql://USER:PWD@HOST:PORT/DB`. */
export function isUrlWord(part: 'user' | 'password' | 'host' | 'database', text: string): boolean {
  const letters = plain(text)
  // Users and databases may well be called so, in lowercase.
  const isShouted = /[A-Z]/.test(text) && text === text.toUpperCase()
  return isPlaceholder(text) || surely[part].has(letters) || (isShouted && shouted[part].has(letters))
}

/** Whether a port is the word for it. */
export function isPortWord(port: string): boolean {
  return /^([A-Z]+_)*PORT$|^([a-z]+[_-])*port$|^dbport$|^[xX*#.?]{2,}$/.test(port)
}

// --- internal ---

/** In lowercase, without what separates words, and without a mark or a few digits at the end. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s_.-]+/g, '')
    .replace(/(?<=[a-z])(\d{1,4})?[!?.…]*$/, '')
}

const secretWord =
  '(secret[-_ ]?key|access[-_ ]?(?:key|token)|password|passwd|pass|pwd|passphrase|secret|token|key|api[-_ ]?key|value|credentials?|dsn|url|id)'

const shapes: readonly RegExp[] = [
  // Masks: ***, xxx, …, ---, ???; a UUID of x; and what a mask has cut off, as in sk_live_xxxxxxxx or eyJhb...
  /^[xX*•●·._#?~=-]{3,}$/,
  /^…+$/,
  /^[xX]{2,}(-[xX]+)+$/,
  /([xX*•●])\1{5,}$|([xX*•●])\2{7,}/,
  /^\S+(\.{3,}|…)$/,
  // The same digit throughout: the ids of documentation.
  /^(\d)\1{7}-\1{4}-\1{4}-\1{4}-\1{12}$/,
  /^<[^<>]+>$/,
  /^\{[A-Za-z_][\w .-]*\}$/,
  /^\[[A-Za-z_][\w .'-]*\]$/,
  /^(__|@@|%%|##)[A-Za-z][A-Za-z0-9_.-]*\1$/,
  /^@[A-Za-z_][A-Za-z0-9_.-]*@$/,
  /^(change|replace|update|edit|fill)[-_ ]?(me|this|it|in|with|by|before|your|the)([-_ !.0-9]|now|please|$)/i,
  new RegExp(`^(your|insert|enter|paste|provide)[-_ ]+(.*[-_ ])?${secretWord}([-_ ]|$)`, 'i'),
  new RegExp(`^(your|my|insert|enter|some|dummy|fake|sample|example|test)[-_ ]?${secretWord}([-_ ]?here)?$`, 'i'),
  new RegExp(`(^|[-_ ])your[-_ ](.*[-_ ])?${secretWord}([-_ ]|$)`, 'i'),
  new RegExp(`(^|[-_ ])${secretWord}[-_ ]?(goes[-_ ]?)?here$`, 'i'),
  /^to[-_ ]?(do|be[-_ ]?(defined|done|filled|set|replaced|determined|changed))([-_ :].*)?$/i,
  /^(fixme|tbd|tbc|xxx)[-_ :].*$/i,
]

const words: ReadonlySet<string> = new Set([
  ...['changeme', 'changeit', 'changethis', 'replaceme', 'replacethis', 'replaceit', 'fillme', 'fillmein', 'fillin'],
  ...['todo', 'tobedefined', 'tbd', 'tbc', 'fixme', 'placeholder', 'dummy', 'redacted', 'masked', 'removed', 'hidden'],
  ...['undefined', 'null', 'none', 'nil', 'nan', 'unset', 'notset', 'empty', 'na', 'n/a', 'missing', 'unknown'],
  ...['[objectobject]', 'foo', 'bar', 'foobar', 'loremipsum', 'dummyvalue', 'examplevalue', 'samplevalue', 'somevalue'],
  ...['achanger', 'àchanger', 'aremplir', 'àremplir', 'acompleter', 'àcompléter', 'adefinir', 'àdéfinir', 'aremplacer'],
])

const exampleNames: ReadonlySet<string> = new Set([
  ...['username', 'user name', 'login', 'identifier', 'identifiant', 'clientid', 'accesskeyid', 'accesskey', 'bucket'],
  ...[
    'bucketname',
    'mybucket',
    'yourbucket',
    'examplebucket',
    'mybucketname',
    'yourbucketname',
    'region',
    'regionname',
    'indexname',
    'yourregion',
    'example',
    'sample',
    'string',
    'secretkey',
  ],
])

const exampleSecrets: ReadonlySet<string> = new Set([
  ...['password', 'passwd', 'passw0rd', 'p@ssw0rd', 'p@ssword', 'pass', 'pwd', 'passphrase', 'motdepasse', 'mdp'],
  ...['secret', 'secretkey', 'supersecret', 'topsecret', 'verysecret', 'mysecret', 's3cret', 's3cr3t', 'secretvalue'],
  ...['token', 'apikey', 'apitoken', 'accesstoken', 'accesskey', 'secretaccesskey', 'credentials', 'yoursecret'],
  ...['test', 'testing', 'example', 'sample', 'demo', 'default', 'admin', 'administrator', 'root', 'guest', 'user'],
  ...['qwerty', 'azerty', 'letmein', 'welcome', 'hunter', 'helloworld', 'toto'],
  ...['postgres', 'mysql', 'mongo', 'mongodb', 'redis', 'rabbitmq', 'minio', 'minioadmin', 'elastic'],
])

/** `123456`, `0123456789abcdef0123456789abcdef`, `abcdefgh`. */
function isRun(text: string): boolean {
  const runs = ['1234567890', '0123456789', '0123456789abcdef', 'abcdefghijklmnopqrstuvwxyz']
  return text.length >= 6 && runs.some((run) => run.repeat(Math.ceil(text.length / run.length)).startsWith(text))
}

const surely = {
  user: new Set(['username', 'yourusername', 'dbuser', 'dbusername', 'utilisateur', 'publickey', 'examplepublickey']),
  password: new Set([...exampleSecrets, 'userpassword', 'dbpassword', 'dbpass', 'databasepassword']),
  host: new Set(['host', 'hostname', 'url', 'address', 'ipaddress', 'dbhost', 'yourhost', 'yourserver', 'servername']),
  database: new Set(['dbname', 'databasename', 'yourdatabase', 'yourdb']),
} as const

const shouted = {
  user: new Set(['user', 'usr', 'login', 'name']),
  password: new Set<string>(),
  host: new Set(['server', 'ip', 'domain', 'endpoint', 'service', 'cluster']),
  database: new Set(['db', 'database', 'name', 'schema']),
} as const
