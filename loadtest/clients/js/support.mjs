// What every suite of this folder needs: sandboxes that end with the test, and waits that end with a signal.
import assert from 'node:assert/strict'
import { Sandbox } from 'e2b'

/** Runs `body` with a fresh sandbox and ends the sandbox whatever happens. */
export async function withSandbox(options, body) {
  const sandbox = await Sandbox.create({ timeoutMs: 300_000, ...options })
  try {
    return await body(sandbox)
  } finally {
    await sandbox.kill()
  }
}

/** A value that somebody sets once and others wait for; the wait has an end and says what it waited for. */
export function signal(what, milliseconds = 20_000) {
  let set
  const fired = new Promise((resolve) => (set = resolve))
  return {
    set,
    wait: () => within(fired, milliseconds, what),
  }
}

/** `promise`, or an error naming `what` after `milliseconds`. */
export async function within(promise, milliseconds, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Text that grows by callbacks, and waits for a piece of it. */
export function collected(what) {
  const decoder = new TextDecoder()
  let waiting = []
  const self = {
    text: '',
    add(piece) {
      self.text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
      waiting = waiting.filter(({ holds, resolve }) => !(holds(self.text) && (resolve(), true)))
    },
    async until(expected, milliseconds = 20_000) {
      const holds = (text) => (expected instanceof RegExp ? expected.test(text) : text.includes(expected))
      if (holds(self.text)) return self.text
      const there = new Promise((resolve) => waiting.push({ holds, resolve }))
      try {
        await within(there, milliseconds, `${what} to hold ${expected}`)
      } catch (late) {
        throw new Error(`${late.message}; so far: ${JSON.stringify(self.text.slice(-500))}`)
      }
      return self.text
    },
  }
  return self
}

/** Asks again until `ask` gives something true: for facts nobody announces (lists, metrics, expiry). */
export async function eventually(what, milliseconds, ask, everyMs = 100) {
  const end = performance.now() + milliseconds
  let last
  for (;;) {
    last = await ask()
    if (last) return last
    if (performance.now() > end) assert.fail(`${what}: not within ${milliseconds} ms`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** The error `promise` must end with. */
export async function refused(promise, type) {
  try {
    await promise
  } catch (error) {
    if (type) assert.ok(error instanceof type, `expected ${type.name}, got ${error?.constructor?.name}: ${error?.message}`)
    return error
  }
  return assert.fail(`expected ${type?.name ?? 'an error'}, and it succeeded`)
}

/** `target` and what of its methods no call through it has asked for yet; `inner` are those it keeps to itself. */
export function recorded(target, inner = []) {
  const uncalled = new Set(Object.getOwnPropertyNames(Object.getPrototypeOf(target)))
  for (const name of ['constructor', ...inner]) assert.ok(uncalled.delete(name), `${name} is no method any more`)
  const watched = new Proxy(target, {
    get(of, name) {
      const value = of[name]
      if (typeof value !== 'function') return value
      return (...given) => {
        uncalled.delete(name)
        return value.apply(of, given)
      }
    },
  })
  return { watched, uncalled }
}
