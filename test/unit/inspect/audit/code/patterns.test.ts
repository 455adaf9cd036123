import { expect, test } from 'vitest'
import { readByPatterns } from '../../../../../scripts/inspect/audit/code/patterns.ts'

test.each<[string, string, string[]]>([
  [
    'app.py',
    `os.environ["A"]; os.environ.get('B', 1); os.getenv("C"); "D" in os.environ # os.getenv("X")`,
    ['A', 'B', 'C', 'D'],
  ],
  ['settings.py', `config("A", default=1); env.bool("B"); env("C")`, ['A', 'B', 'C']],
  [
    'main.go',
    'os.Getenv("A"); os.LookupEnv("B")\ntype C struct { X string `env:"C,required"` }\nviper.BindEnv("x", "D") // os.Getenv("X")',
    ['A', 'B', 'C', 'D'],
  ],
  ['app.rb', `ENV["A"]; ENV.fetch('B') { 1 } # ENV["X"]`, ['A', 'B']],
  ['database.yml', `url: <%= ENV["A"] %>\nhost: \${B:-x}`, ['A', 'B']],
  ['index.php', `getenv('A'); $_ENV['B']; env('C'); $_SERVER['HTTP_HOST']; $_SERVER['D']`, ['A', 'B', 'C', 'D']],
  ['services.yaml', `url: '%env(resolve:A)%'\nport: '%env(int:B)%'`, ['A', 'B']],
  ['App.java', `System.getenv("A"); System.getenv().get("B"); @Value("\${C:x}")`, ['A', 'B', 'C']],
  ['main.rs', 'env::var("A"); env!("B")', ['A', 'B']],
  ['App.cs', 'Environment.GetEnvironmentVariable("A")', ['A']],
  ['config.exs', 'System.fetch_env!("A")', ['A']],
  ['schema.prisma', 'url = env("A") // env("X")', ['A']],
  ['entrypoint.sh', `exec app "$A" "\${B:-x}" \\$C # $D`, ['A', 'B']],
  ['Dockerfile', 'CMD ["sh", "-c", "serve $A"]', ['A']],
  ['deploy.yml', `token: \${{ secrets.A }}`, ['A']],
  ['notes.txt', '$A', []],
])('%s: %s', (file, text, expected) => {
  expect(readByPatterns(file, text).map(({ name }) => name)).toEqual(expected)
})

test('fields of the settings of pydantic, with their prefix; what has a default may be missing', () => {
  const text = [
    'class Settings(BaseSettings):',
    '    model_config = SettingsConfigDict(env_prefix="APP_")',
    '    database_url: PostgresDsn',
    '    debug: bool = False',
    '',
    'class Other:',
    '    x: str',
  ].join('\n')
  expect(readByPatterns('settings.py', text)).toEqual([
    { name: 'APP_DATABASE_URL', how: 'hint', required: true, file: 'settings.py', line: 3, column: 5 },
    { name: 'APP_DEBUG', how: 'hint', required: false, file: 'settings.py', line: 4, column: 5 },
  ])
})

test('places count from 1', () => {
  expect(readByPatterns('a.py', 'x\n  os.getenv("A")')[0]).toMatchObject({ line: 2, column: 14 })
})
