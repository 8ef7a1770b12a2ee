"""What is rarer: web servers, Perl, Lua, compiled languages, infrastructure, sites; tables of rows, and beside them what the rows read."""
