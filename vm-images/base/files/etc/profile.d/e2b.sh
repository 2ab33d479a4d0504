export SHELL=/bin/bash
PS1='\w \$ '
