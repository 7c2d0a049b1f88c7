META
key;value
description;A town garden, made up for these tests
country;Nowhere
budget;100
num_projects;6
num_votes;10
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;name
p1;30;Beehives
p2;30;"Benches; by the pond"
p3;30;Compost
p4;30;Greenhouse
p5;30;Swings
p6;30;A pond for "frogs"
VOTES
voter_id;age;vote
1;34;p1,p2,p3,p4
2;29;p1,p2,p3,p4
3;51;p1,p2,p3,p4
4;18;p1,p2,p3,p4
5;77;p1,p2,p3,p4
6;45;p1,p2,p3,p4
7;30;p5,p6
8;31;p5,p6
9;32;p5,p6
10;33;p5,p6
