// Answers /small with 64 bytes and /big with one MiB; prints the address it is reached at.
const http = require('http');
const os = require('os');
const small = Buffer.alloc(64, 'x');
const big = Buffer.alloc(1 << 20, 'x');
const port = Number(process.argv[2]);
http.createServer((request, response) => {
  const body = request.url === '/big' ? big : small;
  response.writeHead(200, { 'Content-Length': body.length });
  response.end(body);
}).listen(port, '0.0.0.0', () => {
  const outside = Object.values(os.networkInterfaces()).flat().find((each) => !each.internal && each.family === 'IPv4');
  console.log(outside.address);
});
