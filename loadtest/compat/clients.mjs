// How each published client is installed, asked for its methods, and run. All of it happens in a folder of the harness's own.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))

export const CLIENTS = {
  JavaScript: javascript('e2b'),
  Python: python('e2b', 'e2b', 'sync'),
  'Python asyncio': python('e2b', 'e2b', 'async'),
  'JavaScript code interpreter': javascript('@e2b/code-interpreter'),
  'Python code interpreter': python('e2b-code-interpreter', 'e2b_code_interpreter', 'sync'),
  'Python asyncio code interpreter': python('e2b-code-interpreter', 'e2b_code_interpreter', 'async'),
  Browser: {
    ...npm('e2b', { esbuild: '0.28.2' }),
    folder: (version) => `browser-${version}`,
    list: (home) => lines('node', [join(HERE, 'browser/run.mjs')], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'browser/run.mjs'), ...rows] }),
  },
  Mastra: framework('@mastra/e2b', { '@mastra/core': '1.71.0' }),
  ComputeSDK: framework('@computesdk/e2b', {}),
  CLI: {
    ...npm('@e2b/cli'),
    list: (home) => lines('node', [join(HERE, 'cli/list.mjs'), join(home, 'node_modules/.bin/e2b')], home),
    run: (home, rows) => ({
      command: 'node',
      args: [join(HERE, 'cli/run.mjs'), ...rows],
      env: { E2B_CLI: join(home, 'node_modules/.bin/e2b') },
    }),
  },
}

function npm(name, others = {}) {
  return {
    folder: (version) => `${name.replace(/\W/g, '-')}-${version}`,
    install(home, version) {
      writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies: { ...others, [name]: version } }))
      tool('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], home)
    },
  }
}

function javascript(name) {
  return {
    ...npm(name),
    list: (home) => lines('node', [join(HERE, 'js/list.mjs'), name], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'js/run.mjs'), name, ...rows] }),
  }
}

function framework(name, others) {
  return {
    ...npm(name, others),
    list: (home) => lines('node', [join(HERE, 'frameworks/run.mjs'), name], home),
    run: (home, rows) => ({ command: 'node', args: [join(HERE, 'frameworks/run.mjs'), name, ...rows] }),
  }
}

function python(distribution, module, flavour) {
  const interpreter = (home) => join(home, 'venv/bin/python')
  return {
    folder: (version) => `${distribution}-py-${version}`,
    install(home, version) {
      tool('python3', ['-m', 'venv', 'venv'], home)
      tool(interpreter(home), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${distribution}==${version}`], home)
    },
    list: (home) => lines(interpreter(home), [join(HERE, 'python/list.py'), module, flavour], home),
    run: (home, rows) => ({ command: interpreter(home), args: [join(HERE, 'python/run.py'), module, flavour, ...rows] }),
  }
}

function tool(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: quiet(process.env) })
}
function lines(command, args, cwd) {
  return tool(command, args, cwd).split('\n').filter(Boolean)
}

/** No bytecode beside our sources, and old SDKs may see our key as it is. */
export function quiet(env) {
  return { ...env, PYTHONDONTWRITEBYTECODE: '1', E2B_VALIDATE_API_KEY: 'false', MASTRA_TELEMETRY_DISABLED: '1' }
}
