"""The phrasebook's closed list: English phrases and the Chinese ones that answer them.

Keeps true: a phrase stands in the list once on each side, so both directions have one answer.
"""

from __future__ import annotations

from typing import Final

_LINES: Final = """
hello|你好
good morning|早上好
good evening|晚上好
good night|晚安
goodbye|再见
see you tomorrow|明天见
see you later|一会儿见
thank you|谢谢
thank you very much|非常感谢
you are welcome|不客气
sorry|对不起
it does not matter|没关系
excuse me|请问
please|请
yes|是
no|不是
good|好
very good|很好
how are you|你好吗
I am fine|我很好
what is your name|你叫什么名字
my name is Mira|我叫米拉
nice to meet you|很高兴认识你
where are you from|你是哪里人
I am from England|我是英国人
I am from China|我是中国人
do you speak English|你会说英语吗
I speak a little Chinese|我会说一点中文
I do not understand|我不明白
I understand|我明白
please speak slowly|请说慢一点
please say it again|请再说一遍
what does this mean|这是什么意思
how do you write it|怎么写
I do not know|我不知道
I know|我知道
no problem|没问题
of course|当然
maybe|也许
really|真的吗
welcome|欢迎
congratulations|恭喜
good luck|祝你好运
happy birthday|生日快乐
happy new year|新年快乐
cheers|干杯
help|救命
be careful|小心
please wait|请等一下
let us go|我们走吧
come in|请进
please sit down|请坐
one|一
two|二
three|三
four|四
five|五
six|六
seven|七
eight|八
nine|九
ten|十
one hundred|一百
one thousand|一千
today|今天
tomorrow|明天
yesterday|昨天
now|现在
later|以后
morning|早上
noon|中午
evening|晚上
Monday|星期一
Tuesday|星期二
Wednesday|星期三
Thursday|星期四
Friday|星期五
Saturday|星期六
Sunday|星期天
what time is it|现在几点
it is three o'clock|现在三点
what day is it today|今天星期几
spring|春天
summer|夏天
autumn|秋天
winter|冬天
the weather is nice|天气很好
it is raining|下雨了
it is snowing|下雪了
it is cold|很冷
it is hot|很热
where is the station|车站在哪里
where is the toilet|厕所在哪里
where is the hotel|酒店在哪里
where is the bank|银行在哪里
where is the hospital|医院在哪里
where is the museum|博物馆在哪里
where is the airport|机场在哪里
where is the market|市场在哪里
turn left|向左转
turn right|向右转
go straight on|一直走
is it far|远吗
it is near|很近
here|这里
there|那里
I am lost|我迷路了
a ticket, please|请给我一张票
two tickets, please|请给我两张票
when does the train leave|火车几点开
I want to go to Beijing|我要去北京
I want to go to Shanghai|我要去上海
please stop here|请停在这里
train|火车
bus|公共汽车
taxi|出租车
plane|飞机
bicycle|自行车
ship|船
car|汽车
road|路
map|地图
how much is it|多少钱
too expensive|太贵了
a little cheaper, please|便宜一点吧
I want this|我要这个
I do not want it|我不要
can I pay by card|可以刷卡吗
the bill, please|请买单
the menu, please|请给我菜单
I am hungry|我饿了
I am thirsty|我渴了
I am full|我吃饱了
I do not eat meat|我不吃肉
not spicy, please|不要辣
it tastes good|很好吃
water|水
tea|茶
coffee|咖啡
milk|牛奶
beer|啤酒
rice|米饭
noodles|面条
dumplings|饺子
soup|汤
bread|面包
egg|鸡蛋
fish|鱼
meat|肉
vegetables|蔬菜
fruit|水果
apple|苹果
banana|香蕉
orange|橙子
sugar|糖
salt|盐
a glass of water, please|请给我一杯水
a cup of tea, please|请给我一杯茶
a cup of coffee, please|请给我一杯咖啡
I have a reservation|我有预订
a room for two nights|一个房间住两晚
where is my key|我的钥匙在哪里
is there Wi-Fi|有无线网吗
what is the password|密码是什么
I am ill|我生病了
my head hurts|我头疼
I need a doctor|我需要医生
call the police|请报警
I lost my passport|我的护照丢了
I am tired|我累了
I am happy|我很高兴
I am busy|我很忙
I love you|我爱你
I like music|我喜欢音乐
I like Chinese food|我喜欢中国菜
do you like it|你喜欢吗
father|爸爸
mother|妈妈
older brother|哥哥
older sister|姐姐
friend|朋友
teacher|老师
student|学生
doctor|医生
child|孩子
this is my friend|这是我的朋友
how old are you|你多大了
I am twenty years old|我二十岁
cat|猫
dog|狗
bird|鸟
horse|马
tree|树
flower|花
mountain|山
river|河
sea|海
sun|太阳
moon|月亮
star|星星
sky|天空
wind|风
fire|火
house|房子
door|门
window|窗户
table|桌子
chair|椅子
book|书
newspaper|报纸
telephone|电话
computer|电脑
money|钱
clothes|衣服
shoes|鞋子
school|学校
city|城市
red|红色
blue|蓝色
green|绿色
yellow|黄色
white|白色
black|黑色
big|大
small|小
new|新
old|旧
fast|快
slow|慢
beautiful|漂亮
open|开
closed|关门了
the first|第一
can you help me|你能帮我吗
may I take a picture|可以拍照吗
I am learning Chinese|我在学中文
"""

PAIRS: Final = tuple(
    (english, chinese)
    for english, _, chinese in (line.partition("|") for line in _LINES.strip().splitlines())
)
