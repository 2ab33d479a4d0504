// What a proxy is measured before: /small is 64 bytes, /big one MiB, /huge a hundred; a POST is counted, /idle begins a stream of
// events and stays silent, an upgrade is a WebSocket that says everything back. Listens on two ports, one for each proxy: whoever
// closes connections first uses up the client's ports towards one for a minute, and must not charge that to the other.
// Prints the address it is reached at.
const { createHash } = require('crypto');
const http = require('http');
const os = require('os');
const small = Buffer.alloc(64, 'x');
const big = Buffer.alloc(1 << 20, 'x');
const HUGE = 100;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const port = Number(process.argv[2]);

function huge(response) {
  let left = HUGE;
  const more = () => {
    while (left > 0 && response.write(big)) left--;
    if (left-- > 0) response.once('drain', more);
    else response.end();
  };
  response.writeHead(200, { 'Content-Length': HUGE * big.length });
  more();
}

function answer(request, response) {
  if (request.method === 'POST') {
    request.on('data', () => {}).on('end', () => response.writeHead(200, { 'Content-Length': small.length }).end(small));
  } else if (request.url === '/idle') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: here\n\n');
  } else if (request.url === '/huge') {
    huge(response);
  } else {
    const body = request.url === '/big' ? big : small;
    response.writeHead(200, { 'Content-Length': body.length });
    response.end(body);
  }
}

function upgrade(request, socket, early) {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let bytes = early;
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
      const length = bytes[1] & 127;
      const text = Buffer.from(bytes.subarray(6, 6 + length).map((byte, i) => byte ^ bytes[2 + (i % 4)]));
      bytes = bytes.subarray(6 + length);
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    }
  });
}

let listening = 0;
for (const each of [port, port + 1]) {
  http.createServer(answer).on('upgrade', upgrade).listen(each, '0.0.0.0', () => {
    if (++listening < 2) return;
    const outside = Object.values(os.networkInterfaces()).flat().find((one) => !one.internal && one.family === 'IPv4');
    console.log(outside.address);
  });
}
