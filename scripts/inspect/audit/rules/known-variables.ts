/** Whether a library, a runtime, the shell or Kubernetes itself reads or sets a variable: nobody has to deliver it, or read it. */
export function isKnownVariable(name: string): boolean {
  return names.has(name) || patterns.some((pattern) => pattern.test(name))
}

/** Whether a bundler takes a variable in while it builds: at run time nothing reads it. */
export function isBuildTime(name: string): boolean {
  return /^(VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|GATSBY|VUE_APP|EXPO_PUBLIC)_/.test(name)
}

// --- internal ---

const names: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'TMPDIR', 'TMP', 'TEMP', 'TERM', 'LANG', 'HOSTNAME', 'EDITOR'],
  ...['TZ', 'CI', 'DEBUG', 'PORT', 'HOST', 'NO_COLOR', 'FORCE_COLOR', 'COLORTERM', 'COLUMNS', 'DEV', 'PROD', 'MODE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'INIT_CWD', 'BASE_URL', 'SSR', 'VITEST', 'KUBECONFIG', 'XDG_CONFIG_HOME'],
  ...['GOMAXPROCS', 'GOMEMLIMIT', 'GOGC', 'JAVA_OPTS', 'JAVA_TOOL_OPTIONS', 'MALLOC_ARENA_MAX', 'PYTHONPATH'],
])

const patterns: readonly RegExp[] = [
  /^(AWS|OTEL|NODE|PG|npm|NPM|YARN|GITHUB|GITLAB|CI|RUNNER|BUILDKITE|VERCEL|NETLIFY|HEROKU|DD|GRPC|LC|XDG)_/,
  /^PG(HOST|PORT|USER|PASSWORD|DATABASE|SSLMODE|SSLCERT|SSLKEY|SSLROOTCERT|OPTIONS|APPNAME|TZ|SERVICE|PASSFILE)$/,
  /^(PYTHON|JEST|VITEST|CYPRESS|PLAYWRIGHT|TS_NODE|GOOGLE_APPLICATION|SPRING|RAILS|BUNDLE|GEM|DJANGO_SETTINGS)_?/,
  // What Kubernetes sets for each Service.
  /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$|^KUBERNETES_/,
]
