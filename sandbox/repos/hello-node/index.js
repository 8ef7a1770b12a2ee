const http = require("http");

http
  .createServer((request, response) => response.end(`Hello from ${process.env.K_REVISION}\n`))
  .listen(process.env.PORT, "0.0.0.0");
